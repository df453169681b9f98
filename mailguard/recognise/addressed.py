"""Forenames that a greeting completes: in "Dear Mrs Osei, Ama ..." Ama is a child of that family."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailguard.recognise.clues import Case, Clue
from mailguard.recognise.context import Surroundings
from mailguard.recognise.fold import name_parts
from mailguard.recognise.index import Index
from mailguard.recognise.names import Mark, NameFinder, NameHit
from mailguard.recognise.partial import halves
from mailguard.recognise.roles import TITLES, greeted, signed_off, titled

_MOST_ADDRESSED = 4


def addressed(
    finder: NameFinder,
    around: Surroundings,
    clues: Collection[Clue],
    cases: dict[int, Case],
    parents: Collection[int] = (),
) -> Iterator[tuple[Clue, list[NameHit]]]:
    """Yield forenames joined with the surname in "Dear Mrs Osei", the pupil's own or the parent's; `parents` are
    contacts whom the part names in full.

    A surname that belongs to a full name is left alone, and so is a forename: "Kiran" is the Kiran named in full."""
    index = finder.index
    families = _titled_families(clues)
    if not families and not parents:
        return
    named = {naming.hit.family.key for case in cases.values() for naming in case.namings if naming.hit.family}
    families = {key: start for key, start in families.items() if not _settled(index, key, named)}
    families = {key: at for key, at in families.items() if greeted(around, *at) or not signed_off(around, *at)}
    for person in sorted(parents):
        surname = index.contact_surname(person)
        families.update({key: (0, 0) for key in name_parts(surname)[-1:] if not _settled(index, key, named)})
        if len(families) > _MOST_ADDRESSED:
            return
    if not families or len(families) > _MOST_ADDRESSED:
        return
    whole = {
        naming.hit.given.key
        for case in cases.values()
        for naming in case.namings
        if naming.hit.given and naming.hit.how != "typo"
    }
    for clue in clues:
        for mark in clue.marks:
            if mark.key in whole or mark.key in families or not _forename(index, clue, mark):
                continue
            if parents and _within_name(clue, mark):
                continue
            hits = [hit for family in families for hit in _child_of(finder, clue, mark, family)]
            if hits:
                yield clue, hits


def _within_name(clue: Clue, mark: Mark) -> bool:
    start = clue.words.starts[mark.first]
    return any(hit.start <= start < hit.end for hit in clue.names)


def _titled_families(clues: Collection[Clue]) -> dict[str, tuple[int, int]]:
    """Return the words after a title with where they stand last; a clue without any title costs one look."""
    return {
        mark.key: (clue.at, clue.words.starts[mark.first])
        for clue in clues
        if not clue.segment.cells and not TITLES.isdisjoint(clue.words.keys)
        for mark in clue.marks
        if titled(clue.segment.text, clue.words.starts[mark.first])
    }


def _settled(index: Index, family: str, named: Collection[str]) -> bool:
    """Return whether a surname is one of the full names of the part, or no name to go by."""
    return family in named or family not in index.tokens or family in index.lexicon.everyday


def _forename(index: Index, clue: Clue, mark: Mark) -> bool:
    token = index.tokens.get(mark.key)
    known = token is not None and index.given_count[token] > 0
    known = known or mark.key in index.lexicon.variants
    if not known or mark.key in index.lexicon.everyday or not clue.words.capital(mark.first):
        return False
    after = mark.last + 1
    return after >= len(clue.words) or clue.words.gap(mark.last) not in (" ", "-") or not clue.words.capital(after)


def _child_of(finder: NameFinder, clue: Clue, mark: Mark, family: str) -> Iterator[NameHit]:
    index = finder.index
    exact, variant = finder.persons(mark.key, family)
    spans = ((clue.words.starts[mark.first], clue.words.ends[mark.last]),)
    named = [person for person in exact if index.is_pupil(person)]
    pupils = [person for person in named if mark.key in halves(index.pupils[person])[0]]
    if not named:
        pupils = [person for person in variant if index.is_pupil(person)]
    if not pupils:
        token = index.tokens[family]
        parents = [person for person in index.with_family(token, finder.scope) if index.is_contact(person)]
        children = {child for parent in parents for child in index.children_of(parent)}
        pupils = [child for child in sorted(children) if mark.key in halves(index.pupils[child])[0]]
    if pupils:
        yield NameHit(spans, mark, Mark(-1, -1, family), tuple(pupils), "addressed")
