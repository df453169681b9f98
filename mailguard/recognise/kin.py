"""Children who are shown by their parent's name alone: "Mrs Khan's daughter", "the son of Mr Osei".

Whoever knows the family knows the child, and a school's mail is read by families that know each other. A surname that a
member of staff has too, or that more than a few children could be meant by, shows nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailguard.model import Segment
from mailguard.recognise import weights
from mailguard.recognise.clues import Clue
from mailguard.recognise.fold import Words, fold
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.lone import Told
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.narrowed import Taken

_MOST = 4
_LONGEST = 20_000
_NOUNS = ("daughter", " son", "child", " boy", " girl", "little one", "eldest", "youngest", "kids", "lad")
_TITLED = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.?(?: and Mrs)?[ \u00a0]([A-Z][\w'’-]*\w)"
_CHILD = r"(?:daughters?|sons?|child(?:ren)?|boys?|girls?|kids|lad|little one|(?:eldest|youngest|oldest)(?: \w+)?)\b"
_OWNED = re.compile(rf"\b{_TITLED}(?:['’]s?|s['’])[ \u00a0](?:\w+[ ])?(?P<who>{_CHILD})")
_OF = re.compile(rf"\b(?P<who>{_CHILD}) of {_TITLED}")
_NOBODY = Mark(-1, -1, "")


def kin(
    index: Index,
    scope: Scope,
    clues: dict[int, Clue],
    segments: Sequence[Segment],
    sources: Sequence[Segment],
    taken: Taken,
) -> Iterator[Told]:
    """Yield the children of a part whom it calls somebody's, if they are few."""
    for at, segment in enumerate(segments):
        text = segment.text[:_LONGEST]
        if not _titled(text) or not any(noun in text for noun in _NOUNS) or (at in clues and clues[at].thin):
            continue  # as nearly all prose
        for pattern, group in ((_OWNED, 1), (_OF, 2)):
            for match in pattern.finditer(text):
                start, end = match.span("who")
                persons = _children(index, scope, match[group])
                if not persons or taken.touches(at, start, end):
                    continue
                clue = clues.get(at)
                if clue is None:
                    words = Words(segment.text, False, [(0, len(segment.text))])
                    clue = clues[at] = Clue(at, segment, sources[at], words, [], [], [], "\n" in segment.text)
                yield clue, NameHit(((start, end),), _NOBODY, _NOBODY, persons, "narrowed"), weights.KIN


def _titled(text: str) -> bool:
    """Return whether a text may have a title: a cheaper question than the patterns'."""
    return "Mr" in text or "Ms" in text or "Miss" in text or "Dr" in text or "Mx" in text


def _children(index: Index, scope: Scope, surname: str) -> tuple[int, ...]:
    """Return the pupils of a surname and the children of its bearers, if few and no member of staff bears it."""
    name = surname.replace("'s", "").replace("’s", "")
    token = index.tokens.get(fold(name.replace("-", ""))) or index.tokens.get(fold(name))
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
