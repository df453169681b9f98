"""Of a recipient's very many findings the gravest, and how many more there are. Pure.

A whole school's sheet for all its families makes a finding of every pupil for every recipient: hundreds of thousands,
which nobody reads and no page shows. Where a message has more than MOST_FINDINGS, every recipient keeps the gravest of
each rule, an equal share; the rest of the rule are one finding that says how many they are and of what kinds. Nothing
is decided differently for it: whoever was held is held, by the same rules, with the same strengths and kinds of data.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from mailguard.judge.rules import barred_contact, confidential_contact, unknown_upn, unreadable
from mailguard.judge.words import category_names, where
from mailguard.model import SENSITIVE, WHOLE_MESSAGE, Category, Finding, Place, Strength

MOST_FINDINGS = 4_000
"""A message with so many findings, counted for each recipient, keeps them all: a class list for the families of two
classes does, and a whole school's sheet for a few people. Each is about 0.9 KB of a verdict."""

FEWEST_NAMED = 12
"""So many findings of a rule stay as they are however many recipients there are: more than make a register (ten), so
that whoever counts the pupils named knows that it is one."""

# An order on the roll is never a matter of numbers: whom it is about is said, always.
_ALL_NAMED = frozenset({barred_contact.RULE})
_FIRST = {barred_contact.RULE: 0, confidential_contact.RULE: 1}
_OTHERS = {
    confidential_contact.RULE: "shows details of contacts that are confidential in {count} more places",
    unknown_upn.RULE: "shows pupil numbers that are not on the roll in {count} more parts",
    unreadable.RULE: "has {count} more parts that could not be read",
}


def gravest(findings: Sequence[Finding], recipients: int) -> tuple[Finding, ...]:
    """Return the gravest of one recipient's findings, who is one of so many, and what counts the rest: orders and
    confidential details first, what counts at the end. No rule, strength or category of the findings is lost."""
    share = max(FEWEST_NAMED, MOST_FINDINGS // recipients)
    rules: dict[str, list[Finding]] = {}
    for finding in findings:
        rules.setdefault(finding.rule, []).append(finding)
    named: list[Finding] = []
    counted: list[Finding] = []
    for rule in sorted(rules, key=lambda rule: _FIRST.get(rule, 2)):
        some = _gravest_first(rules[rule])
        # What counts one finding would be no shorter than that.
        most = len(some) if rule in _ALL_NAMED or len(some) == share + 1 else share
        named += some[:most]
        counted += _counted(some[:most], some[most:])
    return (*named, *counted)


def _gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of one rule: of every pupil the gravest, records before names alone, then what else there is of
    them; what is no pupil's by place, the message as a whole and its headers, which reach everybody, first."""
    seen: set[Hashable] = set()
    first: list[Finding] = []
    again: list[Finding] = []
    for finding in sorted(findings, key=_gravity):  # stable: what is equally grave stays in its order
        (again if _who(finding) in seen else first).append(finding)
        seen.add(_who(finding))
    return first + again


def _gravity(finding: Finding) -> tuple[bool, bool, bool]:
    step = finding.place[0] if finding.place else WHOLE_MESSAGE[0]
    everywhere = step == WHOLE_MESSAGE[0] or step.startswith("header ")
    return finding.strength is not Strength.RECORD, SENSITIVE.isdisjoint(finding.categories), not everywhere


def _who(finding: Finding) -> Hashable:
    """Whom a finding is about: a pupil, these namesakes, or (of no pupil) nothing that another is about."""
    return finding.pupil or finding.pupils or (finding.place, finding.sentence)


def _counted(named: Sequence[Finding], rest: Sequence[Finding]) -> list[Finding]:
    """What stands for the rest of a rule: one finding for those of each strength."""
    known = {_who(finding) for finding in named}
    found = []
    for strength in (Strength.RECORD, Strength.MENTION, None):
        some = [finding for finding in rest if finding.strength is strength]
        if some:
            more = {_who(finding) for finding in some} - known
            known |= more
            found.append(_counting(some, len(more)))
    return found


def _counting(some: Sequence[Finding], more: int) -> Finding:
    seen = {category for finding in some for category in finding.categories}
    categories = tuple(category for category in Category if category in seen)
    part = _common([finding.place[: finding.leaf] for finding in some])
    return Finding(
        rule=some[0].rule,
        place=part,
        leaf=len(part),
        strength=some[0].strength,
        categories=categories,
        sentence=f"{where(part)} {_said(some, more, categories)}.",
        more=more,
    )


def _said(some: Sequence[Finding], more: int, categories: tuple[Category, ...]) -> str:
    first = some[0]
    if first.pupil is None and not first.pupils:
        what = _OTHERS.get(first.rule, "has {count} more of the same")
        return what.format(count=f"{more:,}") + ", and this address may not have them"
    about = f" ({category_names(categories)})" if categories else ""
    shows = "shows records of" if first.strength is Strength.RECORD else "names"
    if not more:
        return f"{shows} the same pupils in {len(some):,} more places{about}"
    if more == 1:
        return f"{shows} 1 more pupil{about}, on whom this address may receive no data"
    return f"{shows} {more:,} more pupils{about}, none of whom this address may receive data on"


def _common(parts: Sequence[Place]) -> Place:
    """The steps that all parts begin with: the part, the archive that all are in, or nothing."""
    first, last = min(parts), max(parts)  # whatever these two share, all in between share
    same = [one == other for one, other in zip(first, last, strict=False)]
    return first[: (*same, False).index(False)]
