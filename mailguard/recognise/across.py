"""What other parts of a message say of a pupil whom one part names in full.

They may name the pupil by forename. Or not at all: under a subject that is nothing but a pupil's name, with a class or
a word or two, the body is about the pupil ("Ama Osei" / "Off with impetigo, back when dry.").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailguard.model import Category, SegmentKind
from mailguard.recognise import weights
from mailguard.recognise.about import ENOUGH, tells
from mailguard.recognise.categories import topics_of
from mailguard.recognise.circles import DRAWING
from mailguard.recognise.clues import Case
from mailguard.recognise.fold import name_parts, words_of
from mailguard.recognise.frames import pretends, told
from mailguard.recognise.part import PartView
from mailguard.recognise.roles import closes
from mailguard.recognise.speech import TO_ALL, glad, says_he_or_she, sentence_ends
from mailguard.recognise.strength import form_labels, praises, public_words

_CALENDAR = re.compile(r"^(?:Uid|Dt\w+|Duration|Summary|Description|Location|Organizer|Status|Url):", re.MULTILINE)
"""Labels of a calendar's entry (RFC 5545), which make no form."""
_REPLIES = frozenset({"re", "fw", "fwd", "aw", "wg"})
_MOST_WORDS = 3
_MOST_TEXT = 3000


def message_shows(case: Case, view: PartView, others: list[PartView]) -> set[Category]:
    """Return the categories of other parts that go on about a pupil by forename ("Ama" in the body, the full name in
    the subject), or nothing."""
    pupil = view.index.pupils[case.person]
    forenames = frozenset({*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)})
    found: set[Category] = set()
    for other in others:
        for segment in other.segments[:400]:
            text = segment.text[:20000]
            if forenames.isdisjoint(words_of(text)):
                continue
            topics = topics_of(text, view.index.lexicon)
            if (
                topics.sensitive()
                or topics.faint()
                or form_labels(_CALENDAR.sub("", text) if "Dtstart:" in text else text) >= 3
            ):
                found |= topics.all() or {Category.IDENTITY}
    return found


def subject_heads(case: Case, view: PartView, views: Sequence[PartView]) -> tuple[bool, set[Category]]:
    """Return whether a subject that is little more than a pupil's name heads a record, and its categories; the pupil
    is the only one whom the message names."""
    if view.segments[0].place != ("subject",) or not _is_heading(case, view):
        return False, set()
    lexicon = view.index.lexicon
    passage = list(_passage(view, views))
    text = " ".join(passage)
    if TO_ALL.search(text) or pretends(text) or public_words(text):
        return False, set()
    topics = told(text, lexicon)
    if topics.sensitive() or (topics.faint() and not glad(text, lexicon)):
        return True, topics.all()
    pupil = view.index.pupils[case.person]
    forenames = frozenset({*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)} - lexicon.everyday)
    if said := [sentence for sentence in passage if not forenames.isdisjoint(words_of(sentence))]:
        said = [sentence for sentence in passage if sentence in said or says_he_or_she(sentence)]
    return tells(said, lexicon, ENOUGH) or tells(passage, lexicon), topics.all()


def _is_heading(case: Case, view: PartView) -> bool:
    """Return whether a subject says little beside a pupil's name and class, and praises nobody; half a name or initials
    do where a class, a year or a birthday has told whose they are."""
    text = view.segments[0].text
    sure = case.bits >= weights.RECORD
    spans = [span for naming in case.namings if naming.full or sure for span in naming.hit.spans]
    if not spans:
        return False
    spans += [(fact.start, fact.end) for _, fact in case.facts if fact.kind in DRAWING]
    rest = "".join(" " if any(low <= at < high for low, high in spans) else sign for at, sign in enumerate(text))
    words = [word for word in words_of(rest) if word not in _REPLIES]
    return len(words) <= _MOST_WORDS and not praises(rest) and not public_words(rest)


def _passage(subject: PartView, views: Sequence[PartView]) -> Iterator[str]:
    """Yield the sentences of the bodies down to where the writer signs."""
    left = _MOST_TEXT
    for view in views:
        if view is subject or view.segments[0].place[:1] != ("body",):
            continue
        for segment in view.segments:
            if segment.kind is not SegmentKind.BODY or segment.cells:
                continue
            start, text = 0, segment.text[:left]
            for end, following in (*sentence_ends(text), (len(text), 0)):
                if closes(text[start:end]):
                    return
                yield text[start:end]
                start = following
            left -= len(text)
            if left <= 0:
                return
        return  # the same text in another form says the same
