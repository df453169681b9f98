"""Of two children in one text, whom does it tell of? Clause by clause, by who does it, has it, or is spoken of.

"Leila was sick in French. Kit Marlowe fetched her bag and she is lying down." names Kit and tells of Leila. Near the
name of Kit stand words of illness all the same, so without looking at whose clause they are in, this would be a record
of Kit. A clause belongs to whom it names first; he or she goes on about whom the text was about, who fetched or lent
something to a child does not become whom it is about, and "who" and "because he" speak of the child named last.

Who may read the text is not known here. What comes out is a fact: the forenames of those of whom it tells beside the
pupil. For their family the pupil is only named; for everybody else nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.fold import fold, name_parts, words_of
from mailguard.recognise.forms import labels_another
from mailguard.recognise.frames import told
from mailguard.recognise.index import Index
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.part import PartView
from mailguard.recognise.speech import is_news
from mailguard.recognise.telling import GOOD_NOT

_SENTENCE = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)\s+|\n\s*\n")
_CLAUSE = re.compile(
    r"\s*(?:[;:,]|\s[-–—])?\s*\b(?P<word>and|but|so|because|as|since|that|if|when|while|"
    r"(?<!look )(?<!looks )(?<!looked )(?<!ask )(?<!asks )(?<!asked )(?<!asking )after|before|until|where|why|"
    r"how|what|although|though|who|whose|which|then|"
    r"(?:says?|said|saw|thinks?|thought|knows?|knew|heard|claims?|told (?:me|us)|tells (?:me|us))(?: that)?)\b\s*|"
    r"\s*(?:[;:]|\s[-–—])\s*|,\s+(?=(?:he|she|his|her|\x01|\x02|[A-Z])\b)|,\s+(?=[\x01\x02])",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?P<own>\x01+)|(?P<other>\x02+)|\b(?P<he>he|him|his|himself)\b|\b(?P<she>she|hers?|herself)\b", re.IGNORECASE
)
_HELPS = re.compile(
    r"^['’]?s?\s*(?:\w+\s){0,3}?(?:help\w*|fetch\w*|lent|lends?|show(?:s|ed|n)?|walk(?:s|ed)?|carr(?:y|ies|ied)|"
    r"look(?:s|ed)? after|sat|sits?|held|holds?|sav(?:es?|ed)|brought|brings?|shar(?:es?|ed)|offer(?:s|ed)?|"
    r"wait(?:s|ed)?|ma[dk]es?|gave|gives?|"
    r"t(?:ook|akes) (?:him|her|\x02+) (?:home|to|down|back|in|inside|up|there|out|for|round)|"
    r"stay(?:s|ed)?|ran|ask\w*|miss(?:es|ed|ing)|hopes?|wish\w*|came|told|"
    r"reads?|(?:has been|is|was) (?:such )?an? (?:\w+ )?(?:friend|help|buddy|partner|support)|swap\w*|mind(?:s|ed)?|"
    r"push(?:es|ed)? (?:his|her) chair|hand(?:s|ed)?|found|rang|cheer\w*|invit\w+|persuad\w+|calm\w*|comfort\w*|"
    r"(?:was|were|is|are) (?:there|by|near|beside|next to|with|behind|in goal|on the same)|spotted|saw|sees|heard|"
    r"notic\w+|pick\w*|collect\w*|keeps?|kept|remind\w*|got|gets?|paid|pays|let|lets|drove|drives|stood|stands|"
    r"talk\w*|spoke|pass\w*|joins?|joined|played|plays)\b"
)
_TELLS_US = re.compile(
    r"^['’]?s?\s*(?:(?!was |is |been |got |gets )\w+\s){0,3}?"
    r"(?:told|tells|let (?:us|me)|fetch\w*|alert\w*|report\w*|called (?:a|the|us|me|for|mr|"
    r"mrs|miss)|warn\w*|ran (?:to|for)|came (?:to|and) (?:get|tell|fetch|find|see)|went to (?:get|tell|fetch|find)|saw|"
    r"heard|spotted|notic\w+|was (?:there|with|in goal|nearby))\b"
    r"(?! (?:\w+ (?:off|lies)|off|lies|voices|things)\b)"
)
"""What somebody does who saw what befell a child: the text is about that child still."""
_JOINS = re.compile(
    r"^\s*(?:is|are|was|will be) (?:in|on|with|at|next to|beside) (?:his|her|\x02+['’]s)\b"
    r"(?! (?:own|first|second|third|fourth|fifth|sixth|last|final|way)\b)"
)
"""What makes somebody the company of whom the text was about before."""
_ANOTHER = re.compile(r"\b(?:him|her|his)\b|\x02")
_WHOM = re.compile(
    r"\bhim\b|\bher\b(?=\W*$|[.,;!?]|\s+(?:to|with|when|and|in|into|at|on|for|from|down|up|home|back|off|until|till)\b)",
    re.IGNORECASE,
)
_HARMS = re.compile(r"\b(?P<verb>\w+)\s+(?:(?P<by>by)\s+|(?:at|on|to)\s+)?$")
_FRIEND = re.compile(
    r"^['’]s?\s+(?:[\w-]+\s+){0,2}?(?:friend|partner|buddy|mate|classmate|team[ -]?mate|neighbour|room[ -]?mate|"
    r"opponent|captain|pal|penpal|mentor)s?,?\s+$",
    re.IGNORECASE,
)
"""What stands between two names where the second is the first one's friend."""
_ALIKE = re.compile(
    r"\b(?:(?:un)?like|as with|same as|just as|as well as|along with|together with|compared (?:with|to)|"
    r"as do(?:es)?|so (?:is|does|has))\s+\x01",
    re.IGNORECASE,
)
_TO_READER = re.compile(r"\b(?:you|your|we|us|our|please)\b", re.IGNORECASE)
_LABEL = re.compile(r"\W*[A-Z][\w /&'’-]{2,40}(?::|\t|\s[-–]\s)")
_LINE_OF_FORM = re.compile(r"\n(?=[A-Z][\w /&'’-]{2,40}:)")
_BOTH = re.compile(r"\b(?:both|they|them|their|the two|each of them|neither|all (?:three|four))\b", re.IGNORECASE)
_PAPER = re.compile(
    r"\b(?:letters?|reports?|forms?|files?|plans?|notes?|medic\w+|inhalers?|tablets?|results?|records?|envelopes?|"
    r"slips?|statements?|e-?mails?)\b|^\W*$",
    re.IGNORECASE,
)
_IT = re.compile(r"^\W*(?:it|this|that|these|they|inside|in it)\b", re.IGNORECASE)
_BRACKETED = re.compile(r"^\s*\(([^)]{2,120})\)")
_BECAUSE = frozenset(
    {"because", "as", "since", "while", "when", "although", "though", "after", "before", "until", "if"}
)
_WHO = frozenset({"who", "whose"})
_SMALL = re.compile(r"\b[a-z]{2,}\b")
_POSSESSED = re.compile(r"^['’]s?((?:\s+[\w-]+){1,4})")
_LIFE = re.compile(
    r"[£€$]\s?\d|\d\s?%|\b(?:not|never|no longer|cannot|unable|\w+n['’]t|unfortunately|sadly|confidential\w*|"
    r"private\w*|discreet\w*|secret\w*|worr\w+|moved down|repeat\w*|instead of|because of|whose)\b",
    re.IGNORECASE,
)
_PLAY = re.compile(
    r"\bscored\b(?!\s+(?:an? \d|\d|only|just|(?:the )?low|less|below|under|no|well|very|"
    r"badly|poorly|in the bottom|(?:an? )?(?-i:[A-EU])\b))",
    re.IGNORECASE,
)
_CARE = re.compile(
    r"(?:\b(?:he|she)|\x01) (?:was|is) (?:so |very |a bit |quite )?(?:worried|concerned|upset|sad|sorry|anxious) "
    r"(?:about|for) (?:him|her|\x02+)(?=\W*$|\s*[.,;])",
    re.IGNORECASE,
)
_ADULT = re.compile(r"\b(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam|nurse|coach)\.?\s+$", re.IGNORECASE)
_NAME = re.compile(r"\b[^\W\d_][\w’']+")
_REACH = 8
_LONGEST = 4_000
_MOST_CLAUSES = 60
_OWN, _OTHER = "\x01", "\x02"


@dataclass(slots=True)
class _Talk:
    """What was said so far: whom the text is about (True for the pupil, False for another, None for nobody yet), who
    was named last, whether a child is he or she, the forenames of the other child of whom a clause told last, and
    whether a paper or the medicine of the pupil's was spoken of last."""

    mine: list[str] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    topic: bool | None = None
    last: bool | None = None
    sex: dict[bool, str] = field(default_factory=dict)
    seen: set[bool] = field(default_factory=set)
    who: frozenset[str] = frozenset()
    paper: bool = False


def told_beside(view: PartView, case: Case, namings: Sequence[Naming], others: Sequence[Case]) -> tuple[str, ...]:
    """Return the forenames of those of whom a part tells, if it tells nothing of the pupil it names beside them.

    Empty where it tells of nobody else, or of the pupil as well."""
    pupil = view.index.pupils[case.person]
    own = frozenset({*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)})
    talk = _Talk()
    of_another = labels_another(view, others)
    for text, names in _texts(view, namings, others, own):
        for sentence in _SENTENCE.split(_LINE_OF_FORM.sub("\n\n", text) if of_another else text)[:_MOST_CLAUSES]:
            if of_another and _LABEL.match(sentence):
                talk.topic = False  # the next line of a form is about whom the form is about
            _listen(talk, sentence, names, view.index.lexicon)
    if not talk.others or _tells(talk, view.index.lexicon):
        return ()
    return tuple(sorted(talk.others))


def _texts(
    view: PartView, namings: Sequence[Naming], others: Sequence[Case], own: frozenset[str]
) -> Iterator[tuple[str, Iterator[frozenset[str]]]]:
    """Yield the prose around a pupil's names, the pupil's own blanked out with one sign and other children's with
    another, and who the others are, in order."""
    at = {naming.clue.at for naming in namings if not naming.clue.segment.cells}
    if not at:
        return
    spans: dict[int, list[tuple[int, int, frozenset[str] | None]]] = {}
    for naming in namings:
        spans.setdefault(naming.clue.at, []).append((naming.hit.start, naming.hit.end, None))
    for other in others:
        pupil = view.index.pupils[other.person]
        names = frozenset(_NAME.findall(f"{pupil.forename} {pupil.preferred_forename}"))
        for naming in other.namings[:12]:
            spans.setdefault(naming.clue.at, []).append((naming.hit.start, naming.hit.end, names))
    for number in range(max(0, min(at) - _REACH), min(max(at) + _REACH, len(view.segments))):
        segment = view.segments[number]
        if segment.cells or segment.kind != view.segments[min(at)].kind:
            continue
        text = segment.text[:_LONGEST]
        found = spans.get(number, [])
        found += _forenames(view.index, text, found, own)
        yield _marked(text, found)


def _forenames(
    index: Index, text: str, taken: Sequence[tuple[int, int, frozenset[str] | None]], own: frozenset[str]
) -> list[tuple[int, int, frozenset[str] | None]]:
    """Return where a text names somebody by forename alone."""
    found: list[tuple[int, int, frozenset[str] | None]] = []
    for match in _NAME.finditer(text):
        start, end = match.span()
        word = match[0]
        if word[-2:] in ("'s", "’s"):
            word, end = word[:-2], end - 2
        if not word[:1].isupper() or any(low < end and start < high for low, high, _ in taken):
            continue
        key = fold(word)
        if key in own:
            found.append((start, end, None))
            continue
        token = index.tokens.get(key)
        if token is None or not index.given_count[token] or _ADULT.search(text[max(0, start - 12) : start]):
            continue
        if key not in index.lexicon.everyday:
            found.append((start, end, frozenset({word})))
    return found


def _marked(text: str, found: Sequence[tuple[int, int, frozenset[str] | None]]) -> tuple[str, Iterator[frozenset[str]]]:
    pieces, names, last = [], [], 0
    for start, end, who in sorted(found, key=lambda span: span[:2]):
        if start < last or end > len(text):
            continue
        pieces += [text[last:start], (_OWN if who is None else _OTHER) * (end - start)]
        last = end
        if who is not None:
            names.append(who)
    marked = "".join(pieces) + text[last:]
    marked = re.sub(r"(?<!\n)\n(?!\n|[A-Z][\w /&'’-]{2,40}:)", " ", marked)
    return re.sub(r"[^\S\n]{8,}", " " * 8, marked), iter(names)  # `_CLAUSE` is slow in long runs of blanks


def _listen(talk: _Talk, sentence: str, names: Iterator[frozenset[str]], lexicon: Lexicon) -> None:
    """Take in one sentence: whose clauses it has."""
    owner = talk.topic
    before = None  # whom this sentence named last
    helped = False  # whether this sentence says what the pupil did for the other
    aside = False  # whether only a clause beside the main one made the text one about the pupil
    alike = bool(_ALIKE.search(sentence))
    if talk.topic and _of_nobody(sentence, lexicon):
        return
    of_paper = talk.paper and bool(_IT.match(sentence))
    talk.paper = False
    for word, clause in _clauses(sentence):
        references = list(_REFERENCE.finditer(clause))
        named = [(r, next(names, frozenset()) if r["other"] else frozenset()) for r in references]
        first = _subject(clause, references)
        if word in _WHO and before is not None:
            owner = before
            clause = f"{word} {clause}"
        elif first is None:
            pass  # goes on about the same
        elif first["own"] or first["other"]:
            owner = bool(first["own"])
            if len(references) > 1 and not talk.seen - {owner}:
                _learn_sex(talk, owner, references[1])
            was = talk.topic
            talk.topic = _next_topic(talk, owner, clause[first.end() :], lexicon)
            aside = was is False and (word in _BECAUSE or (aside and was == talk.topic))
            if not owner:
                talk.who = next(who for reference, who in named if reference is first)
        elif word in _BECAUSE and before is not None:
            owner = False if helped and talk.topic is False else before
        else:
            owner = before = _meant(talk, "he" if first["he"] else "she")
        of_both = True in talk.seen | {bool(r["own"]) for r in references} and bool(_BOTH.search(clause))
        if owner and first is not None and first["own"] and _helps(clause[first.end() :], lexicon):
            talk.deeds.append(clause)
            helped = bool(_ANOTHER.search(clause))
            if talk.topic is False and (whom := _WHOM.search(clause)):
                talk.sex.setdefault(False, "he" if whom[0].lower() == "him" else "she")
        elif owner or alike or of_paper or of_both:
            talk.mine.append(clause)
        else:
            talk.mine += _asides(clause, references, lexicon)
        talk.paper = talk.paper or _paper(clause, references)
        if owner is False and len(_SMALL.findall(clause)) > 1:
            talk.others.update(*(who for _, who in named))
            if first is not None and not (first["own"] or first["other"]):
                talk.others |= talk.who
        for reference, _ in named:
            if reference["own"] or reference["other"]:
                before = bool(reference["own"])
                talk.seen.add(before)
                talk.last = before
    if aside:
        talk.topic = False
    if talk.topic is None and talk.last is not None:
        talk.topic = talk.last


def _of_nobody(sentence: str, lexicon: Lexicon) -> bool:
    """Return whether a sentence means none of the children: one with a subject of its own, or to the reader, that tells
    of no trouble ("Money for the shop should be no more than £5.")."""
    if _REFERENCE.search(sentence) or not (_TO_READER.search(sentence) or is_news(sentence)):
        return False
    return not told(sentence, lexicon).sensitive() and not lexicon.tones(words_of(sentence))[0]


def _subject(clause: str, references: Sequence[re.Match[str]]) -> re.Match[str] | None:
    """Return whom a clause names first; of "Ama's friend Kit" that is Kit."""
    if len(references) > 1 and _FRIEND.match(clause[references[0].end() : references[1].start()]):
        return references[1]
    return references[0] if references else None


def _paper(clause: str, references: Sequence[re.Match[str]]) -> bool:
    """Return whether a clause speaks of a paper of the pupil's, or says that something is the pupil's."""
    for reference in references:
        possessed = _POSSESSED.match(clause[reference.end() :]) if reference["own"] else None
        if possessed and _PAPER.search(possessed[1]):
            return True
        if reference["own"] and clause[reference.end() :].strip(" .!") in ("'s", "’s"):
            return True
    return False


def _clauses(sentence: str) -> Iterator[tuple[str, str]]:
    start, word = 0, ""
    for match in _CLAUSE.finditer(sentence):
        if match.start() > start:
            yield word, sentence[start : match.start()]
        start, word = match.end(), (match["word"] or "").lower()
    yield word, sentence[start:]


def _next_topic(talk: _Talk, owner: bool, rest: str, lexicon: Lexicon) -> bool:
    """Return whom the text is about after a clause that names somebody first: who helps a child, sees what befell it
    or is with it does not become whom the text is about, unless the clause tells of trouble."""
    if owner and talk.topic is False:
        return not (rest[:1] in ("'", "’") or _helps(rest, lexicon))
    return owner


def _helps(rest: str, lexicon: Lexicon) -> bool:
    """Return whether what follows a name is what somebody does who helps, sees or is with another child."""
    if _TELLS_US.match(rest):
        return True
    gives = _JOINS.match(rest) or (_HELPS.match(rest) if _ANOTHER.search(rest) else None)
    return gives is not None and not lexicon.tones(words_of(rest[gives.end() :]))[0]


def _meant(talk: _Talk, sex: str) -> bool | None:
    """Return whom "he" or "she" means: whom the text is about, unless that is known to be the other sex."""
    if talk.topic is None:
        return None
    known = talk.sex.get(talk.topic)
    if known is None and len(talk.seen) < 2:
        talk.sex[talk.topic] = sex
    if known is not None and known != sex and (not talk.topic) in talk.seen:
        return not talk.topic
    return talk.topic


def _learn_sex(talk: _Talk, who: bool, said: re.Match[str]) -> None:
    """Note that a child is he or she, where nobody else was named yet."""
    if said["he"] or said["she"]:
        talk.sex.setdefault(who, "he" if said["he"] else "she")


def _asides(clause: str, references: Sequence[re.Match[str]], lexicon: Lexicon) -> Iterator[str]:
    """Yield what somebody else's clause says of the pupil: what is the pupil's, and what was done to or by him or
    her."""
    for reference in references:
        if not reference["own"]:
            continue
        possessed = _POSSESSED.match(clause[reference.end() :])
        if possessed:
            yield possessed[1]
        bracketed = _BRACKETED.match(clause[reference.end() :])
        if bracketed:
            yield bracketed[1]
        harm = _HARMS.search(clause[: reference.start()])
        if harm and (harm["by"] or lexicon.tones([harm["verb"].lower()])[0]):
            yield clause


def _tells(talk: _Talk, lexicon: Lexicon) -> bool:
    """Return whether a pupil's own clauses say anything private; of what he or she does for another child everyday
    words say nothing."""
    if told(" . ".join(talk.deeds), lexicon).sensitive():
        return True
    text = _CARE.sub(" ", _PLAY.sub(" ", GOOD_NOT.sub(" ", " . ".join(talk.mine))))
    topics = told(text, lexicon)
    if topics.sensitive() or topics.faint() or _LIFE.search(text):
        return True
    return lexicon.tones(words_of(text))[0] > 0
