"""Children who are shown by somebody else's name alone: "Mrs Khan's daughter", "Ama Osei's brother in Year 1", "Mr Khan
rang: his son", "Dear Mrs Khan, your daughter".

Whoever knows the family knows the child, and a school's mail is read by families that know each other. A surname that a
member of staff has too, or that more than a few children could be meant by, shows nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mailguard.model import EvidenceKind, Segment
from mailguard.recognise import weights
from mailguard.recognise.clues import Clue
from mailguard.recognise.details import address_key
from mailguard.recognise.fold import Region, Words, fold
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.lone import Told
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.narrowed import Taken
from mailguard.recognise.partial import halves
from mailguard.recognise.sieve import Spotter
from mailguard.recognise.years import find_years, year_key

_MOST, _FEW = 6, 2
_MOST_NAMESAKES = 12
_SHORT_TITLE = 80
_LONGEST = 20_000
_REACH, _YEAR_REACH, _LETTER = 160, 60, 8
_MOST_OF_A_YEAR = 400
_CHILDREN = ("aughter", "son", "hild", "boy", "girl", "ittle one", "ldest", "oungest", "kids", "lad")
_SIBLINGS = ("rother", "ister", "ibling", "win")
_TITLES = ("Mr", "Ms", "Miss", "Dr", "Mx")
_SPOTTER, _BITS = Spotter(_TITLES, _CHILDREN, _SIBLINGS), (1, 2, 4)
_NAME = r"((?:(?:de|da|dos|van|von|el|al|bin|ap|le|la)[ -])*[^\W\d_a-z][\w'’-]*\w)"
_TITLED = rf"(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.?(?: and Mrs)?[ \u00a0](?:[A-Z]\.?[ \u00a0])?{_NAME}"
_CHILD = (
    r"(?:[Dd]aughters?|[Ss]ons?|[Cc]hild(?:ren)?|boys?|girls?|kids|lad|little one|"
    r"(?:eldest|youngest|oldest)(?: \w+)?)\b"
)
_OWNED = re.compile(rf"\b{_TITLED}(?:['’]s?|s['’])[ \u00a0](?:\w+[ ])?(?P<who>{_CHILD})")
_OF = re.compile(rf"\b(?P<who>{_CHILD}) of $")
_TITLE = re.compile(r"(?<!\w)(?:M(?:rs?|iss|s|x)|Dr)\b")
_REACH_BACK = 30
_PARENT = re.compile(rf"\b{_TITLED}(?!['’])")
_HERS = re.compile(
    rf"\b(?:[Hh]er|[Hh]is|[Tt]heir|[Mm]y|[Oo]ur)[ \u00a0](?:\w+[ ]){{0,2}}?(?P<who>{_CHILD})(?!['’]s? (?:school|class))"
)
_YOURS = re.compile(rf"\b[Yy]our[ \u00a0](?:\w+[ ]){{0,2}}?(?P<who>{_CHILD})(?!['’]s? (?:school|class))")
_RANG = re.compile(
    rf"\b(?P<title>Mr|Mrs|Ms|Miss)\.?[ \u00a0](?:[A-Z]\.?[ \u00a0])?{_NAME} (?:has )?(?:just )?"
    r"(?:rang|rung|called|phoned|e-?mailed|messaged|texted|says|said|told us|tells us|reports|wrote|came in)\b"
    r"(?:[^.\n]|\.\d){0,30}?[ ,:;–-](?P<he>s?he)\b(?!-)"
)
"""Of two people one is no he: "Mrs Khan rang, he" is her son."""
_HERE = re.compile(rf"\b(?:it['’]s|it is|this is) {_TITLED}(?: here)?(?: \w+ing)?[,.–-]? (?P<he>s?he)\b")
_GREETS = re.compile(rf"(?:^|\n)[ \t>*]*(?:Dear|Hi|Hello)[ \u00a0]{_TITLED}[ \t]*[,.:!]?[ \t]*(?:\r?\n|$)")
_AFTER_PARENT = re.compile(rf"['’]s?[ \u00a0](?:\w+[ ])?(?P<who>{_CHILD})")
_SOMEBODY = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr)\b|[a-z,;] [A-Z][a-z]+ [A-Z][a-z]+")
_SIBLING = r"(?:[Bb]rothers?|[Ss]isters?|[Ss]iblings?|[Tt]wins?|[Hh]alf[- ](?:brother|sister))\b"
_OWN_SIBLING = re.compile(rf"['’]s?[ \u00a0](?:[\w-]+[ ]){{0,3}}?(?P<who>{_SIBLING})")
_SIBLING_OF = re.compile(rf"(?P<who>{_SIBLING})[ \u00a0](?:of|to)[ \u00a0]$")
_THE_SIBLING = re.compile(
    rf"\b(?:[Tt]he|[Hh]is|[Hh]er|[Tt]heir|whose|a)[ \u00a0](?:[\w-]+[ ]){{0,2}}?(?P<who>{_SIBLING})"
)
_FORENAME = re.compile(r"s?,?[ \u00a0]([^\W\d_a-z][^\W\d_]+)(?!['’]?\w)")
_NOBODY = Mark(-1, -1, "")


def kin(
    index: Index,
    scope: Scope,
    clues: dict[int, Clue],
    segments: Sequence[Segment],
    sources: Sequence[Segment],
    taken: Taken,
    title: str,
) -> Iterator[Told]:
    """Yield the children of a part whom it calls somebody's, if they are few; `title` is the message's subject, which
    may name the parent of whom the body speaks."""
    greeted: tuple[int, str] | None = None
    named = _PARENT.search(title) if _titled(title) and len(title) < _SHORT_TITLE else None
    spotted = _SPOTTER.spot([segment.text[:_LONGEST] for segment in segments])
    for at, segment in enumerate(segments):
        if not spotted[at]:
            continue  # as most prose
        text = segment.text[:_LONGEST]
        titled, children, siblings = (bool(spotted[at] & bit) for bit in _BITS)
        if titled and (greetings := _GREETS.findall(text)):
            greeted = at, greetings[-1]
        someone = titled and (" he " in text or "she " in text or "he'" in text)
        if not (children or someone or siblings) or (at in clues and clues[at].thin):
            continue  # as nearly all prose
        found = list(_of_titles(index, scope, text)) if titled else []
        if children and named and not found and at < _LETTER and (child := _HERS.search(text[:_REACH])):
            found.append((child.span("who"), _children(index, scope, named[1])))
        if children and greeted and at - greeted[0] <= _LETTER:
            found += _spoken_to(index, scope, text, greeted[1])
        parents = len(found)
        if at in clues:
            found += _of_the_named(index, scope, clues[at], text)
            found += _of_forenames(index, scope, clues[at], text)
        told: set[Region] = set()
        for number, (span, some) in enumerate(found):
            persons = _called(index, text, span[1], some)
            if not persons or span in told or taken.touches(at, *span):
                continue
            told.add(span)
            clue = clues.get(at)
            if clue is None:
                words = Words(segment.text, False, [(0, len(segment.text))])
                clue = clues[at] = Clue(at, segment, sources[at], words, [], [], [], "\n" in segment.text)
            how = "narrowed" if number < parents else "sibling"
            yield clue, NameHit((span,), _NOBODY, _NOBODY, persons, how), weights.KIN


def _titled(text: str) -> bool:
    """Return whether a text may have a title: a cheaper question than the patterns'."""
    return any(title in text for title in _TITLES)


def _of_titles(index: Index, scope: Scope, text: str) -> Iterator[tuple[Region, tuple[int, ...]]]:
    """Yield the children of people with a title: "Mrs Khan's son", "the son of Mr Khan", "Mr Khan says his son"."""
    for place in _TITLE.finditer(text):
        at = place.start()
        if match := _OWNED.match(text, at):
            yield match.span("who"), _children(index, scope, match[1])
        parent = _PARENT.match(text, at)
        if parent is None:
            continue
        if match := _OF.search(text, max(0, at - _REACH_BACK), at):
            yield match.span("who"), _children(index, scope, parent[1])
        if (match := _RANG.match(text, at)) and match["he"] == ("she" if match["title"] == "Mr" else "he"):
            yield match.span("he"), _children(index, scope, match[2])
        if text[max(0, at - 2) : at] == "s " and (match := _HERE.search(text, max(0, at - _REACH_BACK))):
            yield match.span("he"), _children(index, scope, match[1])
        if child := _child_after(text, parent.end(), _HERS):
            yield child, _children(index, scope, parent[1])


def _child_after(text: str, start: int, pattern: re.Pattern[str]) -> Region | None:
    """Return where a child is spoken of soon after somebody's name, with nobody else named between."""
    child = pattern.search(text, start, start + _REACH)
    if child is None or _SOMEBODY.search(text, start, child.start()):
        return None
    return child.span("who")


def _spoken_to(index: Index, scope: Scope, text: str, surname: str) -> Iterator[tuple[Region, tuple[int, ...]]]:
    """Yield the child of whom a letter greets: "your son"."""
    if "our " in text and (child := _YOURS.search(text)):
        yield child.span("who"), _children(index, scope, surname)


def _of_the_named(index: Index, scope: Scope, clue: Clue, text: str) -> Iterator[tuple[Region, tuple[int, ...]]]:
    """Yield the children of parents, and the brothers and sisters of pupils, whom a text names in full."""
    for hit in clue.names:
        if hit.how == "partial" or hit.given is None or hit.family is None or hit.end > len(text):
            continue
        pupils = [person for person in hit.persons if index.is_pupil(person)]
        if 0 < len(pupils) <= _MOST:
            for span in _siblings_near(text, hit):
                homes = (_home_of(index, scope, pupil) for pupil in pupils)
                yield span, _narrowed(index, scope, clue, text, span, (person for home in homes for person in home))
        elif not pupils and all(map(index.is_contact, hit.persons)):
            owned = _AFTER_PARENT.match(text, hit.end)
            child = owned.span("who") if owned else _child_after(text, hit.end, _HERS)
            children = {child for person in hit.persons for child in index.children_of(person)}
            if child and 0 < len(children) <= _MOST:
                yield child, tuple(sorted(children))


def _of_forenames(index: Index, scope: Scope, clue: Clue, text: str) -> Iterator[tuple[Region, tuple[int, ...]]]:
    """Yield the brothers and sisters of whom a text calls by a forename alone, of the class or the year beside it:
    "Ama's little brother in Year 1"."""
    for mark in clue.marks:
        start, end = clue.words.starts[mark.first], clue.words.ends[mark.last]
        match = _OWN_SIBLING.match(text, end) if clue.words.capital(mark.first) else None
        token = index.tokens.get(mark.key) if match else None
        if match is None or token is None or any(hit.start <= start < hit.end for hit in clue.names):
            continue
        own = [person for person in index.with_given(token, scope) if index.is_pupil(person)]
        mates = {person for pupil in own[:_MOST_NAMESAKES] for person in _home_of(index, scope, pupil)}
        span = match.span("who")
        few = _narrowed(index, scope, clue, text, span, mates)
        if len(few) < len(mates) or len(mates) <= 1:
            yield span, few if len(few) <= _FEW else ()


def _siblings_near(text: str, hit: NameHit) -> Iterator[Region]:
    """Yield where a text calls somebody the brother or sister of a pupil whom it names."""
    match = _OWN_SIBLING.match(text, hit.end) or _SIBLING_OF.search(text, max(0, hit.start - 40), hit.start)
    if match is None:
        later = _THE_SIBLING.search(text, hit.end, hit.end + _REACH // 2)
        match = later if later and "\n\n" not in text[hit.end : later.start()] else None
    if match:
        yield match.span("who")


def _called(index: Index, text: str, end: int, persons: tuple[int, ...]) -> tuple[int, ...]:
    """Return which of some children have the forename that follows ("her son Jonas"); all where none follows."""
    match = _FORENAME.match(text, end) if persons else None
    key = fold(match[1]) if match else ""
    if not key or key in index.lexicon.ordinary or key in index.class_words:
        return persons
    return tuple(person for person in persons if key in halves(index.pupils[person])[0])


def _home_of(index: Index, scope: Scope, person: int) -> list[int]:
    """Return the other pupils of a pupil's home."""
    key = address_key(index.pupils[person].address)
    home = index.owners(EvidenceKind.ADDRESS, key, scope) if key else []
    return [other for other in home if other != person] if len(home) <= _MOST + 1 else []


def _narrowed(
    index: Index, scope: Scope, clue: Clue, text: str, span: Region, persons: Iterable[int]
) -> tuple[int, ...]:
    """Return which of a few pupils are in the class or the year that stands beside; all of them where none does."""
    kept = set(persons)
    if len(kept) < 1:
        return ()
    low, high = max(0, span[0] - _YEAR_REACH), min(len(text), span[1] + _YEAR_REACH)
    for fact in clue.facts:
        if fact.kind is EvidenceKind.CLASS and span[1] <= fact.start < high and kept.intersection(fact.persons):
            return tuple(sorted(kept.intersection(fact.persons)))
    after = next(find_years(text, span[1], high), "")
    if year := after or next(find_years(text, low, span[0]), ""):
        schools = {index.schools[index.school_of[person]] for person in kept}
        owners = (index.owners(EvidenceKind.CLASS, year_key(s, year), scope, _MOST_OF_A_YEAR) for s in schools)
        own = kept.intersection(person for some in owners for person in some)
        kept = own or (set() if after else kept)
    return tuple(sorted(kept)) if len(kept) <= _MOST else ()


def _children(index: Index, scope: Scope, surname: str) -> tuple[int, ...]:
    """Return the pupils of a surname and the children of its bearers, if few and no member of staff bears it."""
    name = surname.replace("'s", "").replace("’s", "")
    token = index.tokens.get(fold(name.replace("-", "").replace(" ", ""))) or index.tokens.get(fold(name))
    if token is None and len(pieces := name.split()) > 1:
        token = index.tokens.get(fold(pieces[-1]))
    if token is None:
        return ()
    found: set[int] = set()
    for person in index.with_family(token, scope):
        if index.is_pupil(person):
            found.add(person)
        elif index.is_contact(person):
            found |= set(index.children_of(person))
        else:
            return ()
    return tuple(sorted(found)) if len(found) <= _MOST else ()
