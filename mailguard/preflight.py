"""Whether a configuration and everything it names can be used together: key, policy, roll, and that they agree.

`mailguard check-config`, the relay's reload and the doctor all ask here, so that what one accepts no other refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.config import Config
from mailguard.enrol.intake import Intake
from mailguard.hold.wording import load_wordings, strange_folders
from mailguard.policy import Policy, PolicyError, load_policy
from mailguard.roll.problems import Loaded
from mailguard.store import StoreError
from mailguard.store.crypto import read_key_file


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found: policy and roll as far as they could be loaded, and every problem (empty: all can be used).
    No problem holds pupil data."""

    policy: Policy | None
    loaded: Loaded | None
    problems: tuple[object, ...]


def preflight(config: Config) -> Preflight:
    """Load everything a configuration names. Never raises for a bad file: its problems are in the answer."""
    problems: list[object] = []
    policy: Policy | None = None
    try:
        read_key_file(config.store.key_file)
    except StoreError as error:
        problems.append(error)
    try:
        policy = load_policy(config.policy_file)
    except PolicyError as error:
        problems += error.problems
    loaded, faults = Intake(config.roll_sources).check()
    problems += faults
    if config.notices is not None:
        problems += load_wordings(config.notices)[1]
    if config.notices is not None and policy:
        problems += strange_folders(config.notices, {school.code for school in policy.schools})
    if policy and loaded:
        problems += disagreements(config, policy, loaded)
    return Preflight(policy, loaded, tuple(problems))


def disagreements(config: Config, policy: Policy, loaded: Loaded) -> list[str]:
    """Say what configuration, policy and roll say differently about the schools there are."""
    named = {school.code for school in policy.schools}
    on_roll = {pupil.school for pupil in loaded.roll.pupils}
    return [
        f"[school.{code}]: no [[school]] of the policy has this code." for code in sorted(set(config.schools) - named)
    ] + [
        f"the roll has pupils of {code}, but no [[school]] of the policy has this code."
        for code in sorted(on_roll - named)
    ]
