"""Which row holds an export's headings, and doubts about them: where they could let somebody receive who must not.

A saved mapping is somebody's word on what its columns mean; what it leaves out is told, two columns of one heading are
refused all the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from mailguard.roll.mapping import CONTACT_WORDS, Mapping, guess, words_of
from mailguard.roll.problems import Report

RESTRICTING = frozenset(("order", "confidential", "responsibility", "correspondence", "no_correspondence"))
_RESTRICTING_WORDS = frozenset(
    (
        *("court", "order", "orders", "injunction", "restricted", "restriction", "restrictions", "barred", "withheld"),
        *("confidential", "disclose", "disclosure", "correspondence", "prohibited", "restraining", "molestation"),
    )
)
_MEMBERS = frozenset(("mother", "father", "mum", "dad"))
_BY_MAPPING = "Say by a mapping what it means, or leave it out of the mapping."


def with_groups(above: Sequence[str], heads: Sequence[str]) -> list[str]:
    """Return headings with the words of the row above them where these name a contact ("Contact 1" over "Name" and
    "Email"); a merged cell of that row holds its text once."""
    found, group = [], ""
    for place, head in enumerate(heads):
        group = (above[place] if place < len(above) else "") or group
        whose = CONTACT_WORDS.intersection(words_of(group))
        found.append(f"{group} {head}" if whose and head else head)
    return found


def understood(above: Sequence[str], cells: Sequence[str], mapping: Mapping | None) -> tuple[list[str], Mapping]:
    """Return a row's headings and what they are taken for, by a mapping or by themselves: as they stand, or with the
    words of a row of groups above them."""
    plain = list(cells)
    grouped = with_groups(above, cells)
    if mapping is not None:
        known = [sum(head in mapping.columns for head in heads) for heads in (plain, grouped)]
        return (grouped if known[1] > known[0] else plain), mapping
    heads = grouped if len(set(grouped)) > len(set(plain)) else plain
    return heads, guess(heads)


def may_forbid(heading: str) -> bool:
    """Return whether a heading has a word of what forbids somebody to receive."""
    return not _RESTRICTING_WORDS.isdisjoint(words_of(heading))


def doubt(report: Report, line: int, heads: Sequence[str], mapping: Mapping, *, guessed: bool) -> None:
    """Report what about headings must be settled by a person."""
    for head, count in Counter(heads).items():
        target = mapping.columns.get(head)
        if target is not None and count > 1 and (target.contact or target.field == "email"):
            remedy = "Rename the columns, so that each says whose it is (Contact 1 Email, Contact 2 Email)."
            report.fault(line, head, "the heading is there more than once.", remedy)
        elif target is None and may_forbid(head) and guessed:
            message = "the column seems to say who may not receive, and is not understood."
            report.fault(line, head, message, _BY_MAPPING)
        elif target is None and may_forbid(head):
            message = "the column seems to say who may not receive, and the mapping leaves it out."
            report.warn(line, head, message, "See that nobody is forbidden by it.")
    if guessed:
        _whose(report, line, mapping)


def _whose(report: Report, line: int, mapping: Mapping) -> None:
    """Report headings that do not say which of several contacts they are about, and a contact of whom nothing says
    what is said of the others."""
    fields: defaultdict[str, set[str]] = defaultdict(set)
    for target in mapping.columns.values():
        fields[target.contact].add(target.field)
    reached = {number for number, known in fields.items() if number and "email" in known}
    told = {number for number, known in fields.items() if number.isdigit() and "responsibility" in known}
    numbered = any(target.contact == "1" and _says_whose(head) for head, target in mapping.columns.items())
    for head, target in mapping.columns.items():
        if not target.contact or not reached:
            continue
        several = len(reached | {target.contact}) > 1 and not _says_whose(head)
        restricting = target.field in RESTRICTING
        nobody = restricting and not fields[target.contact] & {"email", "name", "surname", "forename"}
        if nobody or (several and (restricting or (numbered and target.field == "email"))):
            report.fault(line, head, "the heading does not say which of the contacts it is about.", _BY_MAPPING)
        elif target.field == "email" and target.contact.isdigit() and told and target.contact not in told:
            message = "nothing says whether these contacts may receive, and of other contacts it is said."
            report.fault(line, head, message, "Export parental responsibility of each contact.")


def _says_whose(heading: str) -> bool:
    words = words_of(heading)
    return not _MEMBERS.isdisjoint(words) or any(word.isdigit() for word in words)
