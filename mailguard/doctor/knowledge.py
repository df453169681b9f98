"""What mailguard knows: the policy, the roll, how old it is, and whether the two speak of the same schools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from mailguard.config import Mode
from mailguard.doctor.line import Line, Status, fail, ok, span, warn
from mailguard.doctor.site import Site
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard, ImportRefused
from mailguard.enrol.imports import consider
from mailguard.enrol.intake import Intake
from mailguard.enrol.weaknesses import WeaknessKind, weaknesses
from mailguard.hold.second import DECIDERS
from mailguard.model import Outcome, PupilStatus, Roll
from mailguard.policy import Policy, School, StaleRoll
from mailguard.policy import Problem as PolicyProblem
from mailguard.preflight import disagreements
from mailguard.roll.problems import Loaded
from mailguard.roll.problems import Problem as RollProblem
from mailguard.store import StoreError, users
from mailguard.store.revisions import RollRevision, roll_in_force

_UNREACHABLE_SHARE = 0.2
_MOMENT = 60.0  # seconds between the writing of a roll and its import
_AHEAD = 300.0
_WATCHED = 42 * 86400.0  # seconds in which a school has seen its rate of holds
_MANY = 3
# Nobody can own these (RFC 2606, RFC 6761). Those under .test are: they are what laboratories use inside.
_NOWHERE = (".example", ".invalid")
_EXAMPLES = ("example.com", "example.net", "example.org")


def policy(site: Site) -> Iterator[Line]:
    """The policy: usable, and not one that lets everything pass or knows no staff."""
    faults = [problem for problem in site.found.problems if isinstance(problem, PolicyProblem)]
    for problem in faults:
        where = f"{problem.file} line {problem.line}" if problem.line else problem.file
        yield fail("policy", f"{where}: {problem.message}", problem.remedy or "Correct the line.")
    found = site.found.policy
    if found is None:
        return
    weak = list(_weak(found))
    yield from weak or [ok("policy", f"{site.config.policy_file} can be used, revision {found.revision}.")]


def _weak(found: Policy) -> Iterator[Line]:
    for school in found.schools:
        if not school.staff_domains:
            yield warn(
                "policy",
                f"School {school.code} has no staff_domains: its own staff count as strangers.",
                'Add staff_domains = ["..."] to its [[school]].',
            )
    for name, actions in (
        ("other-family", found.rules.other_family),
        ("unknown-recipient", found.rules.unknown_recipient),
    ):
        if actions.record is Outcome.DELIVER:
            yield warn(
                "policy", f"The rule {name} lets records pass.", f'Set {name} = {{ record = "hold" }} under [rules].'
            )


def roll(site: Site) -> Iterator[Line]:
    """The roll's sources: readable, whole, and with addresses to send to."""
    faults = [problem for problem in site.found.problems if isinstance(problem, RollProblem)]
    for fault in faults[:_MANY]:
        yield fail(
            "roll",
            str(replace(fault, remedy="")),
            fault.remedy or "Correct the file; the revision in force stays until then.",
        )
    if len(faults) > _MANY:
        yield fail("roll", f"There are {len(faults) - _MANY} more faults.", "`mailguard check-config` names each kind.")
    if site.roll is not None:
        yield from _look_through(site.roll)
    elif not faults:
        yield ok("roll", "A source is asked over the network, and no roll has come in yet: there is none to look at.")


def _look_through(found: Roll) -> Iterator[Line]:
    weak = Counter(one.kind for one in weaknesses(found))
    current = sum(pupil.status is PupilStatus.CURRENT for pupil in found.pupils)
    if not current:
        yield warn("roll", "The roll has no current pupils.", "Look at the status column of pupils.csv.")
        return
    lost = weak[WeaknessKind.NOBODY_TO_MAIL]
    if lost > _UNREACHABLE_SHARE * current:
        yield warn(
            "roll",
            f"For {lost} of {current} pupils nobody has an address: mail about them is held.",
            "Look at contacts.csv and relationships.csv; `mailguard roll problems` names the pupils.",
        )
    else:
        yield ok(
            "roll", f"{current} current pupils; {sum(weak.values())} things to look at (`mailguard roll problems`)."
        )


def roll_age(site: Site) -> Iterator[Line]:
    """How old the roll in force is, and whether the source holds one that did not come in force."""
    written = Intake(site.config.roll_sources).changed_at()
    if written > site.now.timestamp() + _AHEAD:
        yield warn(
            "roll-age",
            "The roll's files are dated in the future.",
            "Set this machine's clock, then copy the roll again.",
        )
    latest = _in_force(site)
    if latest is None:
        yield from _before_the_first(site, written)
        return
    loaded = site.found.loaded
    new = loaded is not None and loaded.roll.revision not in (latest.digest, latest.base)
    late = loaded is not None and new and written > latest.imported_at.timestamp() + _MOMENT
    waiting = list(_waiting(site, loaded)) if loaded and late else []
    unusable = any(isinstance(problem, RollProblem) for problem in site.found.problems)
    for school in sorted(latest.pupils):
        for line in _old(site, f" of {school}", latest.seen_at(school)):
            # That the one in force is young is no comfort where the one after it cannot be used.
            if line.status is not Status.OK or not (waiting or unusable):
                yield line
    yield from waiting


def _before_the_first(site: Site, written: float) -> Iterator[Line]:
    """No roll is in force: how old is the file that the first import will take."""
    at = datetime.fromtimestamp(written, UTC)
    for line in _old(site, "'s newest file", at) if written else ():
        if line.status is not Status.OK:
            yield line
        elif not site.ran_before:
            text = "No roll is in force yet: the first start takes it in, written"
            yield ok("roll-age", f"{text} {span((site.now - at).total_seconds())} ago.")
    if site.ran_before:
        yield warn(
            "roll-age", "No roll was imported yet: none is in force.", "mailguard roll import says why, or takes it in."
        )


def _in_force(site: Site) -> RollRevision | None:
    if isinstance(site.store, str):
        return None
    with site.store.read() as tx:
        return roll_in_force(tx)


def _old(site: Site, whose: str, at: datetime) -> Iterator[Line]:
    found = site.found.policy
    age = (site.now - at).total_seconds()
    if found is None or age <= found.mail.roll_max_age:
        yield ok("roll-age", f"The roll{whose} was read {span(age)} ago.")
        return
    text = f"The roll{whose} was read {span(age)} ago, longer than roll_max_age."
    remedy = "See that the export runs; import by hand: `mailguard roll import SOURCE`."
    if found.mail.stale_roll is StaleRoll.HOLD:
        yield fail("roll-age", f"{text} Records are held for everybody.", remedy)
    else:
        yield warn("roll-age", text, remedy)


def _waiting(site: Site, loaded: Loaded) -> Iterator[Line]:
    """The source has another roll than the one in force: refused, or not yet looked at."""
    assert not isinstance(site.store, str)
    try:
        consider(DatabaseDoor(site.store), loaded, Guard())
    except ImportRefused as error:
        remedy = "If it is right: `mailguard roll import SOURCE --confirm`; if not, mend the export."
        yield fail("roll-age", f"The newest roll is not in force: {error.problems[0].message}", remedy)
        return
    except StoreError:
        return  # the store's check says so
    if site.running:
        yield warn(
            "roll-age",
            "The source holds a newer roll than the one in force.",
            "Wait a minute; if this stays, read the relay's log for roll-refused.",
        )


def _office(school: School, office: str) -> Iterator[Line]:
    """Notices go to a mailbox that exists, of the school itself."""
    domain = office.rpartition("@")[2].lower()
    if not domain:
        return
    if domain.endswith(_NOWHERE) or domain in _EXAMPLES or domain.endswith(tuple(f".{one}" for one in _EXAMPLES)):
        yield warn(
            "schools",
            f"The office of {school.code} is at {domain}, a domain for examples: nobody is told of held mail there.",
            f'Set office = "..." under [school.{school.code}] to a mailbox that people read.',
        )
    elif school.staff_domains and domain not in school.staff_domains:
        yield warn(
            "schools",
            f"The office of {school.code} is at {domain}, which is not one of its staff_domains.",
            f"Correct office under [school.{school.code}], or add the domain to staff_domains in the policy.",
        )


def _watching(site: Site, school: School) -> Iterator[Line]:
    """Observe mode is for the first weeks; forgotten, it is a guard that holds nothing."""
    first = site.vitals.first if site.vitals else None
    if site.config.mode_of(school.code) is Mode.ENFORCE or first is None:
        return
    age = (site.now - first).total_seconds()
    if age > _WATCHED:
        yield warn(
            "schools",
            f"{school.code or 'Every school'} is in observe mode, {span(age)} after the first start: nothing is held.",
            'Set mode = "enforce" (deploy/INSTALL.md, step 6).',
        )


def deciders(site: Site) -> Iterator[Line]:
    """Somebody may decide on each school's held mail."""
    found = site.found.policy
    if found is None or isinstance(site.store, str) or site.vitals is None:
        return
    with site.store.read() as tx:
        reaches = [user.reach(DECIDERS) for user in users.everybody(tx)]
    alone = [
        school.code
        for school in found.schools
        if site.config.mode_of(school.code) is Mode.ENFORCE and not any(school.code in reach for reach in reaches)
    ]
    for code in alone:
        yield warn(
            "users",
            f"Nobody may decide on held mail{f' of {code}' if code else ''}.",
            f"mailguard user add NAME --role approver{f' --school {code}' if code else ''}, then user password NAME",
        )
    if not alone:
        yield ok("users", "Where mail is held, somebody may decide on it.")


def schools(site: Site) -> Iterator[Line]:
    """Configuration, policy and roll speak of the same schools, and each has somebody to tell."""
    found, known, config = site.found.policy, site.roll, site.config
    if found is None or known is None:
        return
    faults = disagreements(config, found, Loaded(known))
    for fault in faults:
        yield fail("schools", fault, "Write the same code in roll, policy and configuration.")
    on_roll = {pupil.school for pupil in known.pupils}
    for school in found.schools:
        if school.code and school.code not in on_roll:
            yield warn("schools", f"The roll has no pupil of {school.code}.", "See that its export is in the roll.")
        elif school.code and config.mode_of(school.code) is Mode.ENFORCE and not config.office_of(school.code):
            yield warn(
                "schools",
                f"{school.code} has no office: only senders are told of held mail.",
                f'Set office = "..." under [school.{school.code}].',
            )
        yield from _office(school, config.office_of(school.code))
        yield from _watching(site, school)
    if not faults:
        modes = ", ".join(f"{school.code or 'all'} {config.mode_of(school.code).value}" for school in found.schools)
        yield ok("schools", f"Roll, policy and configuration agree: {modes}.")
