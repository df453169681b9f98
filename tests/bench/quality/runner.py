"""Make labelled mail, let guards judge it, count. Used by `run` and by the tests."""

from __future__ import annotations

import importlib
import multiprocessing
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email import policy as mail_policy
from functools import partial
from pathlib import Path

from bench.quality.alternatives import ALTERNATIVES, Alternative
from bench.quality.presidio import available
from bench.quality.rolls import Town, make_town
from bench.quality.scenarios import SPECS, Case, Generator, Spec
from bench.quality.templates import load
from bench.quality.wide_rolls import make_wide_town

from mailguard.extract import read_message
from mailguard.model import Envelope, Outcome, PupilKey, Reading
from mailguard.screening import Guard, build_guard, screen

HERE = Path(__file__).parent
HALVES = ("tuning", "frozen", "wide", "blind", "blind2", "blind3")
COUNTED_ONLY = ("frozen", "blind", "blind2", "blind3")  # of these no text is ever shown
SEALED = ("blind2", "blind3")  # run only when asked for by its name


@dataclass
class Named:
    """Whom a guard names to explain why a recipient is held: outright, or as one of several."""

    outright: set[PupilKey] = field(default_factory=set)
    among: set[PupilKey] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)


Held = dict[str, Named]


@dataclass(frozen=True)
class Judged:
    """What one guard did with one case; `why` is filled for mistakes on the tuning half only."""

    guard: str
    roll: int
    family: str
    template: str
    kind: str
    leak: bool
    strong: bool
    caught: bool  # at least every recipient that must be held is held (leaks), or nobody is (clean)
    exact: bool  # held recipients are those that must be, no more and no fewer
    right_pupil: bool | None  # None where no pupil is to be named or nothing was held
    why: str = field(default="", repr=False)


@dataclass(frozen=True)
class Plan:
    """One worker's task: messages of one roll of one half."""

    half: str
    roll: int
    leaks: int
    seed: int
    alternatives: bool
    explain: bool
    only: str = ""  # templates of files whose names begin so


def specs_of(half: str) -> dict[str, Spec]:
    """Return the families of a half: the older two share theirs, the others say theirs beside their templates."""
    if half in ("tuning", "frozen"):
        return SPECS
    found: dict[str, Spec] = importlib.import_module(f"bench.quality.{half}.families").SPECS
    return found


def town_of(half: str, roll: int) -> Town:
    """Return a trust of the sort that a half's mail is sent in."""
    return make_town(roll) if half in ("tuning", "frozen") else make_wide_town(roll)


def cases(plan: Plan) -> list[Case]:
    """Return the labelled messages of a plan: as many leaks as clean ones, all families in turn."""
    layouts = importlib.import_module(f"bench.quality.{plan.half}.layouts")
    templates = load(HERE / plan.half, plan.only)
    specs = {family: spec for family, spec in specs_of(plan.half).items() if any(t.family == family for t in templates)}
    generator = Generator(town_of(plan.half, plan.roll), templates, layouts, specs)
    made: list[Case] = []
    for leak in (True, False):
        count, turn = 0, 0
        # whoever this trust has nobody for is left out; start each roll elsewhere so that small runs meet all families
        start = plan.roll * 7 % len(specs)
        families = list(specs)[start:] + list(specs)[:start]
        while count < plan.leaks and turn < plan.leaks * 3:
            case = generator.case(families[turn % len(families)], leak, f"{plan.seed} {turn}")
            turn += 1
            if case:
                made.append(case)
                count += 1
    return made


def run_plan(plan: Plan) -> tuple[list[Judged], dict[str, tuple[float, int]]]:
    """Judge one plan's mail by every guard; also return each guard's seconds and bytes of text."""
    town = town_of(plan.half, plan.roll)
    guard = build_guard(town.roll, town.policy)
    makers = {**ALTERNATIVES, **available()} if plan.alternatives else {}
    others = {name: make(town) for name, make in makers.items()}
    judged: list[Judged] = []
    spent: dict[str, tuple[float, int]] = {}

    def timed(name: str, size: int, work: Callable[[], Held]) -> Held:
        started = time.perf_counter()
        answer = work()
        seconds, total = spent.get(name, (0.0, 0))
        spent[name] = (seconds + time.perf_counter() - started, total + size)
        return answer

    for case in cases(plan):
        reading = read_message(case.data)
        size = sum(len(s.text) for s in reading.segments)
        held = timed("mailguard", size, partial(_screened, reading, case, guard))
        judged.append(_judged("mailguard", plan, case, held, _why(case, held, reading, town) if plan.explain else ""))
        for name, other in others.items():
            held = timed(name, size, partial(_other, other, reading, case))
            judged.append(_judged(name, plan, case, held, ""))
    return judged, spent


def _screened(reading: Reading, case: Case, guard: Guard) -> Held:
    verdict = screen(reading, Envelope(case.sender, case.recipients), guard).verdict
    held: Held = {}
    for one in verdict.recipients:
        if one.outcome is Outcome.HOLD:
            held[one.address] = Named(
                {f.pupil for f in one.findings if f.pupil},
                {key for f in one.findings for key in f.pupils},
                {f.rule for f in one.findings},
            )
    return held


def _other(guard: Alternative, reading: Reading, case: Case) -> Held:
    return {address: Named(pupils) for address, pupils in guard(reading, case).items()}


def _judged(guard: str, plan: Plan, case: Case, held: Held, why: str) -> Judged:
    caught = case.held <= set(held) if case.leak else not held
    exact = case.held == set(held)
    right = None
    if case.leak and caught and case.pupils:
        right = all(_right(case, held[address]) for address in case.held)
    wrong = not exact or right is False
    return Judged(
        guard, plan.roll, case.family, case.template, case.kind, case.leak, case.strong, caught, exact, right,
        why if wrong else "",
    )  # fmt: skip


def _right(case: Case, found: Named) -> bool:
    """Say whether the findings name whose record it is, and outright nobody whom the text does not show.

    Of a list of many, nine in ten must be named: the recipient's own children are rightly left out."""
    if case.any_of:
        return bool(case.pupils & (found.outright | found.among))
    return len(case.pupils & found.outright) >= 0.9 * len(case.pupils) and found.outright <= case.present


def _why(case: Case, held: Held, reading: Reading, town: Town) -> str:
    def named(keys: Iterable[PupilKey]) -> list[str]:
        pupils = [town.pupils[key] for key in sorted(keys)]
        return [f"{p.forename} {p.surname} {p.registration_group} {p.school}/{p.pupil_id}" for p in pupils]

    mail = message_from_bytes(case.data, policy=mail_policy.default)
    text = "\n".join(f"  [{' > '.join(s.place)}] {s.text}" for s in reading.segments)
    unread = "".join(f"\n  UNREADABLE {u.reason} {u.place} {u.detail}" for u in reading.unreadable)
    answers = [
        f"held {address} by {sorted(n.rules)}, naming {named(n.outright)}, among {named(n.among)}"
        for address, n in held.items()
    ]
    return "\n".join(
        (
            f"{'LEAK' if case.leak else 'CLEAN'} {case.template} as {case.kind}",
            f"sender {case.sender}; To: {mail['To']}",
            f"recipients {list(case.recipients)}",
            f"must be held: {sorted(case.held)} because of {named(case.pupils)}",
            *(answers or ["held nobody"]),
            text + unread + "\n",
        )
    )


def run(plans: list[Plan], processes: int) -> tuple[list[Judged], dict[str, tuple[float, int]]]:
    """Run all plans; the order of the results does not depend on the number of processes."""
    judged: list[Judged] = []
    spent: dict[str, tuple[float, int]] = {}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for some, times in pool.imap(run_plan, plans):
            judged += some
            for name, (seconds, size) in times.items():
                before = spent.get(name, (0.0, 0))
                spent[name] = (before[0] + seconds, before[1] + size)
    return judged, spent
