"""Which sentences are about a pupil, and in what tone: other people's sentences are no evidence.

"Ama found the biggest worm. Please send spare socks, a few got wet feet." says nothing wet of Ama. A sentence is about
a pupil if it names him or her, says he or she, or is a fragment without anybody else in it that does not speak to all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailguard.recognise.fold import words_of
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.sieve import Sieved
from mailguard.recognise.strength import accompanies, lacks, praises, public_words
from mailguard.recognise.telling import NOT

PRONOUN = re.compile(r"\b(?:he|she|his|him|hers?|himself|herself)\b", re.IGNORECASE)
TO_ALL = re.compile(
    r"\b(?:all(?! (?:week|day|morning|afternoon|night|year|term|the time|over|his|her|but|of (?:his|her)))|"
    r"everyone|everybody|each|families|children|pupils|parents|the (?:little|big) ones|classes|named|"
    r"names in|some of (?:you|them|us)|a few|next week|what a|your|we (?:made|had|sang|went|will|are|have|were)|"
    r"our (?:week|day|term|class)|a child in|any child|any(?:one|body) who|whoever)\b|^\W*(?:please|fees|bring|"
    r"remember|wear|contains)\b",
    re.IGNORECASE,
)
_HE_OR_SHE = frozenset({"he", "she", "his", "him", "her", "hers", "himself", "herself"})
# As `(?<=[.!?])(?<!\b[A-Z]\.)(?<!\n\d\.)[\s)]|\n...`, but with one set of first characters, so that the engine skips to
# them.
_ENDS = re.compile(
    r"[.!?](?<!\b[A-Z]\.)(?<!\n\d\.)(?<!\A\d\.)[\s)]|"
    r"\n(?:\s*\n|(?=\s*[-•*>])|(?=[A-Z]{2,3}: |\d{1,2}[.)] )|(?<![,a-z ]\n))"
)
_QUOTES = re.compile(
    r"\W*(?:(?:from|sent|to|cc|subject|date): \S|on .{5,80} wrote:|begin forwarded message)|"
    r"-{3,} ?(?:original|forwarded)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[-•*·]\s|\d{1,2}[.)]\s|[A-Z]{2,3}: )")
_BLANKED = "    "
_BEFORE_NAME = re.compile(r"([^\n]{1,40}?) {4,}")
_NEWS = re.compile(
    r"\W*[A-Z0-9][\w’'-]*(?: [\w’'&/,-]+){0,7}?:? (?:is|are|was|were|has|have|had|will|can|came|comes?|made|makes?|"
    r"needs?|holds?|held|starts?|started|begins?|began|runs?|ran|goes|went|gets?|got|visit(?:s|ed)?|raised|learn(?:s|"
    r"ed|t)?|takes?|took|sang|sings?|gives?|gave|opens?|opened|closes?|closed|ends?|ended|taught|talks?|talked|spoke|"
    r"meets?|met|thank|welcome|say|said|told|tells?|won|played|shows?|showed|moves?|moved|enjoyed|loved|collect(?:s|"
    r"ed)?|walked|baked|cooked|built|planted|became|must|should|may)\b"
)
_TURNS = re.compile(
    r"\b(?:though|but|however|although|sadly|unfortunately|afterwards|then|again|given|still|yet|because|mum|dad|"
    r"mother|father|home|today|yesterday|this (?:morning|afternoon)|tonight|at (?:lunch|break)|confidential\w*|"
    r"private\w*|(?:was|were|been) (?:called|told|informed|rung|contacted|removed|referred|hurt|injured)|rang|"
    r"phoned)\b",
    re.IGNORECASE,
)
"""Words by which a sentence goes on about whom the last one named."""
_TOGETHER = re.compile(
    r"\s*(?:\([^)\n]{1,12}\)\s*)?(?:,(?: and| &)?|and|&) {4,}"
    r"[^:–—\t\n]*?\b[a-z]{4,}[^:–—\t\n]*[.!]\s*$"
)
_MOST = 8_000
_NOT = Sieved(NOT)


def said_of(
    text: str, spans: Sequence[tuple[int, int]], forenames: frozenset[str], alone: bool, news: bool = False
) -> str:
    """Return the sentences of a text about the pupil whose names stood at `spans`; names are blanked out of the text.

    `alone` says that the part names no other pupil, so that a sentence without a subject is about this one; `news` that
    it is a piece for everybody, so that one with a subject of its own is not."""
    kept = []
    going = False
    to_all = False
    sentences = [
        (sentence, any(low < start + len(sentence) and start < high for low, high in spans))
        for start, sentence in _sentences(text[:_MOST])
    ]
    of_news = news or all(hails(sentence) for sentence, own in sentences if own)
    for sentence, own in sentences:
        if own or says_he_or_she(sentence) or not forenames.isdisjoint(words_of(sentence)):
            going = own or going or alone
            to_all = False
            if going:
                kept.append(sentence)
        elif TO_ALL.search(sentence):
            to_all = True  # and what follows is said to all as well
        elif not alone and _BLANKED in sentence:
            going = False
        elif (alone or going) and not to_all and not (of_news and is_news(sentence)):
            kept.append(sentence)
    return " ".join(kept)


def act_together(after: str) -> bool:
    """Return whether another name and a verb follow a name, to the end of a sentence ("Ama and Kofi walked 35 miles in
    22 hours."): no entry of a list that says something of each."""
    return bool(_TOGETHER.match(after))


def hails(sentence: str) -> bool:
    """Return whether a sentence names somebody in praise, for something public, or as another one's company, and says
    nothing bad."""
    if _NOT.search(sentence) or lacks(sentence):
        return False
    return praises(sentence) or public_words(sentence) > 0 or any(map(accompanies, _BEFORE_NAME.findall(sentence)))


def starts_item(sentence: str) -> bool:
    """Return whether a sentence begins as an item of a list, or the next speaker's words, do."""
    return bool(_ITEM.match(sentence))


def quotes(sentence: str) -> bool:
    """Return whether a sentence is the head of a message that is quoted or forwarded below."""
    return bool(_QUOTES.match(sentence))


def is_news(sentence: str) -> bool:
    """Return whether a sentence that means nobody has a subject and a verb of its own ("The refuge needs toys.")."""
    return bool(_NEWS.match(sentence)) and not _TURNS.search(sentence)


def goes_on(sentence: str) -> bool:
    """Return whether a sentence with names blanked out says he or she before it names anybody."""
    pronoun = PRONOUN.search(sentence) if says_he_or_she(sentence) else None
    named = sentence.find(_BLANKED)
    return pronoun is not None and (named < 0 or pronoun.start() < named)


def says_he_or_she(text: str) -> bool:
    """Return whether a text has a pronoun of one person; few have, and to split a text into words takes a tenth of the
    time of looking for them with a pattern."""
    return not (text.isascii() and _HE_OR_SHE.isdisjoint(words_of(text))) and bool(PRONOUN.search(text))


def sentence_ends(text: str, low: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the slices from offset `low` on that part sentences: a line that a mail program broke is none of them, nor
    is what follows an initial."""
    first = low - 1 if low and text[low - 1] in ".!?" else low
    for match in _ENDS.finditer(text, first):
        start = match.start()
        yield start if text[start] == "\n" else start + 1, match.end()


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for end, following in sentence_ends(text):
        yield start, text[start:end]
        start = following
    yield start, text[start:]


def glad(text: str, lexicon: Lexicon) -> bool:
    """Return whether a text celebrates: by its words of praise, or by words of joy with none of trouble."""
    if praises(text):
        return True
    bad, good = lexicon.tones(words_of(text))
    return good > 2 * bad and good + ("!" in text) > 1
