"""How strongly a name speaks for a person, in bits."""

from __future__ import annotations

from math import log2

from mailguard.model import Pupil
from mailguard.recognise import weights
from mailguard.recognise.fold import Words, name_parts
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.names import Mark, NameHit


def prior(scope: Scope) -> float:
    """Return the bits of a pupil before any evidence: one of N pupils and of the outsiders."""
    return -log2(max(scope.pupils, 1) * weights.OUTSIDERS + 1)


def rarity(index: Index, key: str, given: bool, variant: bool) -> float:
    """Return -log2 of the share of pupils with this forename or surname token (the term's frequency)."""
    counts = index.given_count if given else index.family_count
    keys = [f"~{group}" for group in index.lexicon.variants.get(key, ())] if variant else [key]
    owners = sum(counts[index.tokens[k]] for k in keys if k in index.tokens)
    return -log2((owners + 1) / (len(index.pupils) + 2))


def name_bits(index: Index, words: Words, hit: NameHit) -> float:
    """Return the bits of a name in its text, whoever of the persons is meant."""
    bits = rarity(index, hit.given.key, True, hit.variant) + rarity(index, hit.family.key, False, False)
    bits += weights.between(hit.between)
    if hit.variant:
        bits += weights.VARIANT
    if hit.order == "family-first":
        bits += weights.FAMILY_FIRST
    ordinary = index.lexicon.ordinary
    common = 0
    for mark in (hit.given, hit.family):
        if not words.capital(mark.first):
            bits += weights.ORDINARY_LOWER if mark.key in ordinary else weights.LOWER_CASE
        common += mark.key in ordinary
    if common:
        bits += weights.ORDINARY_PAIR if common == 2 else weights.ORDINARY_WORD
    return bits


def person_bits(index: Index, words: Words, hit: NameHit, pupil: Pupil) -> float:
    """Return the further bits for one pupil of the persons: which of the pupil's names the words are."""
    bits = 0.0
    forenames = {*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)}
    forenames |= {"".join(name_parts(pupil.forename)), "".join(name_parts(pupil.preferred_forename))}
    if not hit.variant and hit.given.key in name_parts(pupil.middle_names) and hit.given.key not in forenames:
        bits += weights.MIDDLE_NAME
    parts = name_parts(pupil.surname)
    if len(parts) > 1 and hit.family.key in parts and not _has_rest(words, hit.family, parts):
        bits += weights.HALF_BARREL
    return bits


def _has_rest(words: Words, family: Mark, parts: tuple[str, ...]) -> bool:
    near = words.keys[max(0, family.first - len(parts)) : family.last + len(parts)]
    return all(part in near for part in parts)
