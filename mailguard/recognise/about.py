"""Does a text go on about one pupil, as a letter home or a note on a child does, whatever its words?

What a record says can be put in a thousand ways, and no list of terms has them all. How a record is *built* is far
less free: a greeting to the child's parents, "your son", he or she in sentence after sentence, what was, was not or
must be done, a figure, a date, a request to ring. What is no record is built otherwise too: thanks, praise, teams,
casts, clubs, invitations, a greeting to everybody. Each of these is a clue with a weight in bits, as names and facts
have; together they say whether the text is about the pupil.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.model import EvidenceKind, SegmentKind
from mailguard.recognise import telling
from mailguard.recognise.categories import Topics, topics_of
from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.columns import said_in_cell
from mailguard.recognise.context import Sentence
from mailguard.recognise.fold import name_parts, words_of
from mailguard.recognise.frames import pretends, unframed
from mailguard.recognise.having import has
from mailguard.recognise.index import Index
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.lists import of_merit, own_words
from mailguard.recognise.news import for_all, without_deeds
from mailguard.recognise.part import PartView
from mailguard.recognise.roles import closes
from mailguard.recognise.sieve import Sieve, Sieved
from mailguard.recognise.speech import (
    TO_ALL,
    goes_on,
    hails,
    is_news,
    quotes,
    says_he_or_she,
    sentence_ends,
    starts_item,
)
from mailguard.recognise.strength import accompanies, arranges, praises, public_words

_PROSE = 3
_AN_ARTICLE_IN = 8
"""A text for everybody has an article in so many words; a note from one colleague to another leaves them out."""
_GAP = 1
MOST = 6
"""People in a part beyond which it is a list, not about anybody."""
_CROWD = 4
_LONGEST = 6000
_BEGINNING = 3000
_AROUND = 1500
_BEFORE, _AFTER = 3, 8
_MOST_SENTENCES = 16


_PATTERNS = {
    "not": telling.NOT,
    "figure": telling.FIGURE,
    "request": telling.REQUEST,
    "private": telling.PRIVATE,
    "home": telling.HOME,
    "span": telling.SPAN,
    "us all": telling.US_ALL,
    "us": telling.US,
    "must": telling.MUST,
    "contrast": telling.CONTRAST,
    "matter": telling.MATTER,
}
_NAMES, _SIEVE = list(_PATTERNS), Sieve(list(_PATTERNS.values()))
_GOOD_NOT = Sieved(telling.GOOD_NOT)
WEIGHTS = {
    "no prose": -9.0,
    "always": -0.5,
    "own": 3.3,
    "greeting": 3.0,
    "strong": 2.8,
    "must": 0.8,
    "trouble": 0.4,
    "joy": -0.9,
    "exclaims": -1.9,
    "figure": 1.3,
    "request": 0.4,
    "title": 0.1,
    "class": 0.3,
    "not": 1.7,
    "faint": 0.4,
    "private": 1.0,
    "span": 0.6,
    "contrast": 0.3,
    "matter": 0.3,
    "change": 0.5,
    "life": 1.0,
    "written out": -1.9,
    "nothing else": 1.4,
    "pronoun": 1.7,
    "pronouns": 0.3,
    "home": 0.9,
    "two": -2.4,
    "us all": -0.7,
    "us": -1.0,
    "does": -1.3,
    "event": -0.4,
    "arranged": -2.2,
    "thanks": -0.8,
    "praise": 0.0,
    "by": -4.0,
    "office": -2.5,
    "public title": -0.5,
    "company": -1.6,
    "crowd": 0.0,
    "words": 1.0,
    "for all": -2.0,
}
"""What each clue is worth, in bits, for each time it counts."""
_BENIGN = frozenset({"event", "arranged", "office", "thanks", "praise", "public title", "by", "company", "us all"})
ENOUGH = 0.95
"""Bits at which a text is about the pupil."""
_HEADED = 4.0
"""Bits at which a text without names is about whom its heading names: nobody else is there whom it could be about."""


def about(view: PartView, case: Case, namings: Sequence[Naming], people: int) -> bool:
    """Return whether a part goes on about a pupil; `people` are those whom the part names."""
    if not namings or people > MOST:
        return False
    if has(view, case, namings):
        return True
    found = signs(view, case, namings, people)
    return sum(WEIGHTS[name] * times for name, times in found.items()) >= ENOUGH


def tells(passage: Sequence[str], lexicon: Lexicon, enough: float = _HEADED) -> bool:
    """Return whether sentences that name nobody go on about one pupil, whom a heading names; those that call the pupil
    by forename do for `ENOUGH` bits."""
    if max((len(telling.SMALL.findall(sentence)) for sentence in passage), default=0) < _PROSE:
        return False
    text = unframed(" ".join(passage))
    found = {"always": 1.0, "title": 1.0, **_signs_of_text(passage, text, lexicon)}
    _to_credit(found)
    found = {name: times for name, times in found.items() if times}
    if _BENIGN.isdisjoint(found):
        found["nothing else"] = 1.0
    return sum(WEIGHTS[name] * times for name, times in found.items()) >= enough


def signs(view: PartView, case: Case, namings: Sequence[Naming], people: int) -> dict[str, float]:
    """Return the clues that a part is, or is not, about a pupil; see `WEIGHTS` for what each is worth."""
    passage = [sentence for sentence in _passage(view, case, namings, people) if sentence.strip()]
    awarded = all(not naming.clue.segment.cells and of_merit(view, naming) for naming in namings)
    if len(passage) == 1 and awarded and not telling.HELPED.search(passage[0]):
        return {"no prose": 1.0}  # an award, which says no more
    small = [len(telling.SMALL.findall(sentence)) for sentence in passage]
    if max(small, default=0) < _PROSE and (people > 1 or sum(small) < _PROSE - 1):
        return {"no prose": 1.0}
    text = unframed(" ".join(passage))
    everybody = for_all(view)
    if everybody:
        text = without_deeds(text)
    found = {"always": 1.0, **_signs_of_text(passage, text, view.index.lexicon), **_signs_of_places(view, namings)}
    found["two"] = float(people == 2)
    found["crowd"] = float(people > _CROWD)
    if any(_of_family(view.index, words, case.person) for words in _greeted(view)):
        found["greeting"] = 1.0
    if praises(view.title) or public_words(view.title):
        found["public title"] = 1.0
    topics = Topics() if pretends(text) else topics_of(text, view.index.lexicon)
    found["strong"] = float(topics.sensitive() > 0)
    found["faint"] = float(min(topics.faint(), 3))
    if any(fact.kind is EvidenceKind.CLASS for _, fact in case.facts):
        found["class"] = 1.0
    found["for all"] = float(everybody)
    found["own"] = float(case.own_bits > 0)
    found["does"] = float(any(_does(naming) for naming in namings))
    _to_credit(found)
    found = {name: times for name, times in found.items() if times}
    if people == 1 and _BENIGN.isdisjoint(found):
        found["nothing else"] = 1.0
    return found


def _signs_of_text(passage: Sequence[str], text: str, lexicon: Lexicon) -> dict[str, float]:
    """What the sentences about a pupil are made of."""
    said = text
    credit = len(_GOOD_NOT.findall(text))
    text = telling.GOOD_NOT.sub(" ", text) if credit else text
    found = {_NAMES[number]: 1.0 for number in _SIEVE.found_in(text)}
    if goes_on := sum(map(says_he_or_she, passage)):
        found["pronoun"] = 1.0
        found["pronouns"] = float(min(3, goes_on) - 1)
    found["event"] = float(min(public_words(text), 3))
    found["arranged"] = float(arranges(text))
    found["thanks"] = float(min(len(telling.THANKS.findall(text)), 3))
    words = words_of(text)
    bad, good = lexicon.tones(words)
    found["life"] = float(min(lexicon.private_words(words), 4))
    found["change"] = float(min(len({word.lower() for word in telling.CHANGE.findall(text)}), 3))
    small = len(telling.SMALL.findall(text))
    found["written out"] = min(1.0, _AN_ARTICLE_IN * len(telling.ARTICLE.findall(text)) / max(small, 1))
    found["trouble"] = float(min(bad, 4))
    found["joy"] = float(min(good + credit, 4))
    found["exclaims"] = float("!" in text)
    found["praise"] = float(praises(text))
    found["words"] = lexicon.learned.weigh(passage, said)
    return found


def _to_credit(found: dict[str, float]) -> None:
    """Figures in praise of somebody are good news ("98 % in the maths challenge, a gold award")."""
    if found["praise"] and not found.get("not") and not found["trouble"]:
        found["figure"] = found["faint"] = 0.0


def _does(naming: Naming) -> bool:
    """Return whether a name stands before what its bearer does or made for others to see."""
    end = naming.hit.end
    return bool(telling.DOES.match(naming.clue.segment.text[end : end + 80]))


def _signs_of_places(view: PartView, namings: Sequence[Naming]) -> dict[str, float]:
    """What stands just before and after a pupil's name."""
    found: dict[str, float] = {}
    for naming in namings:
        segment, hit = naming.clue.segment, naming.hit
        low, _ = view.around.line(naming.clue.at, hit.start, hit.end)
        before = segment.text[low : hit.start]
        if telling.leads_from_parents(before):
            found["greeting"] = 1.0
        if telling.YEAR.match(segment.text[hit.end : hit.end + 30]):
            found["class"] = 1.0
        if telling.leads_from_author(before):
            found["by"] = 1.0
        if telling.leads_from_office(before[-80:]):
            found["office"] = 1.0
        if accompanies(before):
            found["company"] = 1.0
        if segment.place[-1] == "subject" or segment.kind is SegmentKind.FILE_NAME:
            found["title"] = 1.0
    return found


def _passage(view: PartView, case: Case, namings: Sequence[Naming], people: int) -> list[str]:
    """Return the sentences that name a pupil, wholly or by forename, and those that go on about him or her; names are
    blanked out in them where they are whole. Where the part names nobody else, fragments count."""
    pupil = view.index.pupils[case.person]
    forenames = frozenset({*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)})
    spans, found = _in_prose(view, namings)
    if not spans:
        return found
    pending: list[str] = []
    going = hailed = listed = False
    for at in range(max(0, min(spans) - _BEFORE), min(max(spans) + _AFTER, len(view.segments))):
        segment = view.segments[at]
        if segment.cells or (at not in spans and segment.kind != view.segments[min(spans)].kind):
            continue
        named = spans.get(at, ())
        if not named and not going and not _may_name(view.around.quiet(at), forenames, bool(pending)):
            continue
        for said in _sentences(view, at, named):
            sentence = said.text
            own = any(low < said.end and said.start < high for low, high in named)
            if not own and not going and forenames.isdisjoint(said.words):
                if pending and "    " in sentence and not _theirs(sentence, people):
                    pending = []
                continue
            if not own and "    " in sentence and not _theirs(sentence, people):
                going, pending = False, []  # somebody else's sentence
                continue
            if not own and closes(sentence):
                going = False
                continue
            if own or not forenames.isdisjoint(said.words):
                going = True
                hailed = hails(sentence)
                listed = starts_item(sentence) or (listed and not own)
            elif not going:
                continue
            elif not (pronoun := says_he_or_she(sentence)) and (
                for_all(view) or TO_ALL.search(sentence) or (hailed and is_news(sentence))
            ):
                going, pending = False, []
                continue
            elif not pronoun and (
                quotes(sentence)
                or (listed and starts_item(sentence))
                or (at not in spans and _is_other_news(view, sentence))
            ):
                going, pending = False, []  # another item or paragraph, with a matter of its own
                continue
            elif not pronoun:
                pending.append(sentence)
                going = len(pending) <= _GAP
                continue
            found += [*pending, sentence]
            pending = []
            if len(found) > _MOST_SENTENCES:
                return found
    whole = people == 1 or any(len(telling.SMALL.findall(sentence)) >= _PROSE for sentence in found)
    return found + pending if whole else found


def _in_prose(view: PartView, namings: Sequence[Naming]) -> tuple[dict[int, list[tuple[int, int]]], list[str]]:
    """Return where a pupil is named in running text, by segment, and the own words of the list entries that name him or
    her."""
    spans: dict[int, list[tuple[int, int]]] = {}
    entries: list[str] = []
    for naming in namings:
        if naming.clue.segment.cells:
            said = said_in_cell(naming.clue.segment, naming.hit.start, view.around.quiet(naming.clue.at))
            entries += [said] if len(telling.SMALL.findall(said)) >= _PROSE else []
            continue
        line = own_words(view, naming)
        if line is None:
            spans.setdefault(naming.clue.at, []).append((naming.hit.start, naming.hit.end))
        elif not of_merit(view, naming):
            entries.append(line)
    return spans, entries


def _may_name(text: str, forenames: frozenset[str], pending: bool) -> bool:
    """Return whether a text may have a sentence that calls a pupil by forename, or one that names somebody else and so
    ends what is `pending`; most have none, and need not be cut into sentences and words."""
    if pending and "    " in text:
        return True
    if not text.isascii():
        return not forenames.isdisjoint(words_of(text))
    small = text.lower()
    return any(name in small for name in forenames)


def _is_other_news(view: PartView, sentence: str) -> bool:
    """Return whether a sentence has a subject of its own and tells nothing that may be somebody's record."""
    if not is_news(sentence):
        return False
    topics = topics_of(sentence, view.index.lexicon)
    return not topics.sensitive() and not topics.faint()


def _theirs(sentence: str, people: int) -> bool:
    """Return whether a sentence that names somebody else may go on about the pupil: among many it must say so first."""
    return goes_on(sentence) if people > _GAP + 1 else says_he_or_she(sentence)


def _sentences(view: PartView, at: int, named: Sequence[tuple[int, int]]) -> list[Sentence]:
    """Return the sentences of a segment; of a long one only those that stand around the names."""
    found = view.around.sentences.get(at)
    if found is not None:
        return found
    text = view.around.quiet(at)
    low, high = 0, len(text)
    long = high > _LONGEST
    if long:
        low = max(0, min((start for start, _ in named), default=0) - _AROUND)
        high = max((end for _, end in named), default=0) + _AROUND
        text = text[:high]
    found = []
    start = low
    for end, following in (*sentence_ends(text, low), (len(text), 0)):
        found.append(Sentence(start, end, telling.WHEN_AND_WHERE.sub("", text[start:end])))
        start = following
    if not long:
        view.around.sentences[at] = found
    return found


def _greeted(view: PartView) -> list[str]:
    """Return the words of the greetings at the beginning of a part."""
    if view.around.greeted is None:
        pieces = []
        size = 0
        for segment in view.segments:
            if not segment.cells:
                pieces.append(segment.text[:_BEGINNING])
                size += len(pieces[-1])
                if size > _BEGINNING:
                    break
        beginning = "\n".join(pieces)[:_BEGINNING]
        view.around.greeted = [match[1] for match in telling.GREETING.finditer(beginning)]
    return view.around.greeted


def _of_family(index: Index, greeted: str, person: int) -> bool:
    """Return whether the words of a greeting name a contact of a pupil, or a grown-up of the pupil's surname."""
    pupil = index.pupils[person]
    words = words_of(greeted)
    families = {*name_parts(pupil.surname), *name_parts(pupil.preferred_surname), *name_parts(pupil.former_surname)}
    titled = bool(words) and words[0] in ("mr", "mrs", "ms", "miss", "dr", "mx", "prof", "sir", "rev", "parents")
    if titled and not families.isdisjoint(words):
        return True
    scope = index.everybody
    for word in words:
        token = index.tokens.get(word)
        if token is None:
            continue
        owners = index.with_family(token, scope) if titled else index.with_given(token, scope)
        if any(index.is_contact(owner) and person in index.children_of(owner) for owner in owners):
            return True
    return False
