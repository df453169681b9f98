"""Decide for one pupil in one part: record or mention, and which categories, from what stands around the name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from mailguard.model import Category, EvidenceKind, Segment, SegmentKind
from mailguard.recognise import weights
from mailguard.recognise.about import about
from mailguard.recognise.categories import Topics, topics_of
from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.columns import benign_head, personal_head, personal_row, telling_row
from mailguard.recognise.fold import name_parts, words_of
from mailguard.recognise.part import PartView
from mailguard.recognise.roles import Role
from mailguard.recognise.strength import (
    accompanies,
    form_labels,
    goes_on_about,
    is_form,
    labels_name,
    praises,
    public_words,
    stands_alone,
)

_CONTACT = frozenset({EvidenceKind.ADDRESS, EvidenceKind.POSTCODE, EvidenceKind.PHONE, EvidenceKind.EMAIL})
_IDENTITY = frozenset(
    {EvidenceKind.DOB, EvidenceKind.UPN, EvidenceKind.ULN, EvidenceKind.NHS, EvidenceKind.UCI, EvidenceKind.ADMISSION}
)
_FEW = 2
_LONGEST_LIST = 40
_WORDS_OF_A_LIST_LINE = 3
_LONGEST_LEAD = 160
_BLANKED = re.compile(r" {4,}")
_FOLLOWS = re.compile(r"\b(?:following|these|those|below|list(?:ed)?)\b|:", re.IGNORECASE)
_LONGEST_TABLE = 400
_COMPANY = 6
_SENTENCE = 160
_ENTRY_HEAD = 14
_ENTRY = re.compile(
    r"^(?:\s*[(\[,]?\s*[\w./-]{1,12}\s*[)\]]?)?\s*(?:[:–—|\t]|,| - |-\s)\s*(?P<said>[^\n]{6,})", re.IGNORECASE
)
_VALUED_LINE = re.compile(
    r"^(?P<label>[^\W\d_][^\d:=\t\n]{1,30}?)(?:[:=\t][ \t]*\S*\d|[:=\t ][ \t]*(?:PKS|PKF|WTS|EXS|GDS|HNM|ARE[+-]?|"
    r"working (?:towards|at|below|within)|(?:below |above |at )?expected|emerging|secure|exceeding|greater depth)\W*$)",
    re.IGNORECASE,
)
_AWARD = re.compile(r"\s*(?:for|as|in|who (?:won|played)|plays|playing)\b", re.IGNORECASE)
_VALUES = re.compile(r"(?<![\w.])-?[£€]?\d+(?:[.:/]\d+)*%?(?![\w])|\b[A-U][+*-]?(?=\s|$)")
_CODES = re.compile(r"\b(?:[A-Z]{2,5}|[A-Z][a-z]?[A-Z]{1,3})\b(?!\d)|\b(?=\w*\d)(?=\w*[a-z]{2})\w{5,}\b")
_CLASS_NOTE = re.compile(r"^\s*[(\[,]?\s*\w{1,4}[.\s-]?\w{0,10}\s*(?:[)\],:-]|$)")


class Record:
    """The answer for one case: `record`, `categories`, and the naming or fact whose place is the most exact."""

    def __init__(self, view: PartView, case: Case, groups: Sequence[Sequence[Case]]) -> None:
        self.view = view
        self.case = case
        self.people = len(groups)
        self.others = [group[0] for group in groups if case not in group] if self.people < _COMPANY else []
        self.lexicon = view.index.lexicon
        pupil = view.index.pupils[case.person]
        forenames = {*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)}
        self.forenames = frozenset(forenames - self.lexicon.everyday)
        self.categories: set[Category] = set()
        for _, fact in case.facts:
            if fact.kind in _CONTACT:
                self.categories.add(Category.CONTACT)
            elif fact.kind in _IDENTITY:
                self.categories.add(Category.IDENTITY)
        self.record = view.overflow or self._decide()

    def _decide(self) -> bool:
        """Every reason is tried, because each one adds its categories."""
        if self.case.bits < weights.RECORD and (not self.case.floor or self.case.doubtful):
            return False
        beside = {id(naming.clue) for naming in self.case.namings}
        born = any(
            fact.kind is EvidenceKind.DOB and (fact.labelled or id(clue) in beside) for clue, fact in self.case.facts
        )
        reasons = [born or self.case.own_bits >= weights.RECORD_ATTRIBUTES]
        reasons += [self._naming_shows(naming) for naming in self._namings()]
        if not self.case.namings:
            reasons.append(self._facts_show())
        if self.people <= _FEW:
            reasons.append(self._part_is_about())
        return any(reasons) or about(self.view, self.case, self._namings(), self.people)

    def _namings(self) -> list[Naming]:
        """The namings that count: places of grown-ups and companions do not; of many the first dozen is enough."""
        usable = [n for n in self.case.namings if n.role is not Role.ADULT and not self._accompanies(n)]
        return sorted(usable, key=lambda naming: -naming.bits)[:12]

    def _accompanies(self, naming: Naming) -> bool:
        """Return whether a sentence is about a pupil named before, with whom this one merely is."""
        at, start = naming.clue.at, naming.hit.start
        low, _ = self.view.around.line(at, start, naming.hit.end)
        if naming.clue.segment.cells or not accompanies(naming.clue.segment.text[low:start]):
            return False
        return any(
            other.clue.at == at and start - _SENTENCE < other.hit.end <= start
            for case in self.others
            for other in case.namings
        )

    def _naming_shows(self, naming: Naming) -> bool:
        segment, hit = naming.clue.segment, naming.hit
        if segment.cells:
            return self._row_shows(naming)
        at = naming.clue.at
        low, _ = self.view.around.line(at, hit.start, hit.end)
        before = segment.text[low : hit.start]
        labelled = labels_name(before)
        if labelled:
            self._add(topics_of(self.view.around.quiet(at)[:3000], self.lexicon))
        in_form = (labelled or self.people <= _FEW) and self._within_form(naming)
        labelled = labelled and self.people <= _COMPANY
        in_form = in_form or self._headed(naming)
        sentence = self._sentence_shows(naming)
        return labelled or in_form or sentence or self._list_shows(naming) or self._entry_shows(naming)

    def _row_shows(self, naming: Naming) -> bool:
        segment = naming.clue.segment
        topics = topics_of(segment.text, self.lexicon)
        if personal_row(segment, naming.hit.spans):
            self._add(topics)
            self._add(self._title_topics(naming))
            return True
        if telling_row(segment, naming.hit.spans):
            title_text = f"{_title(segment)} . {self.view.title}"
            if not praises(title_text) and not public_words(title_text):
                self._add(topics)
                self._add(self._title_topics(naming))
                return True
        title = self._title_topics(naming)
        heads = self._first_row(naming)
        if heads is not None and (personal_head(heads.text) or topics_of(heads.text, self.lexicon).sensitive()):
            self._add(topics)
            self._add(topics_of(heads.text, self.lexicon))
            return len(segment.cells) > 1
        if title.sensitive() or topics.sensitive():
            self._add(title)
            self._add(topics)
            return True
        return False

    def _first_row(self, naming: Naming) -> Segment | None:
        """Return the first row of a table whose reader took it for no heading; it may be one all the same."""
        row = naming.clue.segment
        if any(cell.head for cell in row.cells):
            return None
        first = None
        for segment in reversed(self.view.segments[max(0, naming.clue.at - _LONGEST_TABLE) : naming.clue.at]):
            if not segment.cells or segment.place[:-1] != row.place[:-1]:
                break
            first = segment
        return first if first and len(first.cells) == len(row.cells) else None

    def _title_topics(self, naming: Naming) -> Topics:
        """The topics of what a table is called: file, sheet, the lines above it."""
        segment = naming.clue.segment
        title = _title(segment)
        above = next(self.view.around.lines_before(naming.clue.at, 0), "")
        return topics_of(f"{title} . {above}" if len(above) < 120 else title, self.lexicon)

    def _within_form(self, naming: Naming) -> bool:
        at, text = naming.clue.at, naming.clue.segment.text
        if "\n" not in text:
            near = self.view.segments[max(0, at - 6) : at + 10]
            text = "\n".join(segment.text for segment in near if len(segment.text) < 200 and not segment.cells)
        else:
            text = text[max(0, naming.hit.start - 1500) : naming.hit.end + 2500]
        if not is_form(text):
            return False
        self._add(topics_of(text, self.lexicon))
        return True

    def _headed(self, naming: Naming) -> bool:
        """A name alone on its line with values under labels on the next lines ("Maths: 98") heads a record."""
        at, hit = naming.clue.at, naming.hit
        if not stands_alone(self.view.around, at, hit.start, hit.end):
            return False
        below = list(islice(self.view.around.lines_after(at, hit.end), 4))
        valued = [line for line in below if (m := _VALUED_LINE.match(line)) and not benign_head(m["label"])]
        text = " . ".join(below)
        if not valued or valued[0] not in below[:2] or praises(text) or public_words(f"{text} . {self.view.title}"):
            return False
        self._add(topics_of(text, self.lexicon))
        return True

    def _sentence_shows(self, naming: Naming) -> bool:
        around, hit, at = self.view.around, naming.hit, naming.clue.at
        sentence = around.sentence(at, hit.start, hit.end)
        topics = topics_of(sentence, self.lexicon)
        shown = self._about(topics, sentence)
        following = around.next_sentence(at, hit.end)
        if following and goes_on_about(following, self.forenames):
            more = topics_of(following, self.lexicon)
            shown = self._about(more, following) or shown
        return shown

    def _about(self, topics: Topics, text: str) -> bool:
        strong = topics.sensitive()
        if praises(text):
            strong = sum(
                n for c, n in topics.strong.items() if c in (Category.MEDICAL, Category.SEN, Category.SAFEGUARDING)
            )
            faint = 0
        else:
            faint = topics.faint() - public_words(text)
        if strong or faint >= (1 if self.people <= 1 else 2):
            self._add(topics)
            return True
        return False

    def _list_shows(self, naming: Naming) -> bool:
        """A bare list of names is about what the line above it says."""
        text = naming.clue.segment.text
        low, high = self.view.around.line(naming.clue.at, naming.hit.start, naming.hit.end)
        line = text[low : naming.hit.start] + " " + text[naming.hit.end : high]
        if _small_words(line) > 1 or text[low : naming.hit.start].rstrip().endswith(":"):
            return False
        lead = self._lead(naming, low)
        if not lead or praises(lead):
            return False
        topics = topics_of(lead, self.lexicon)
        valued = any(letter.isdigit() for letter in text[naming.hit.end : high])
        if topics.sensitive() or (valued and topics.faint()):
            self._add(topics)
            return True
        return False

    def _entry_shows(self, naming: Naming) -> bool:
        """An entry of a log or a list, one pupil a line, that says something of each: two values or more, or words
        after a dash or colon. Awards and casts are built so too, and are told by their words."""
        text, hit = naming.clue.segment.text, naming.hit
        low, high = self.view.around.line(naming.clue.at, hit.start, hit.end)
        before, after = text[low : hit.start], text[hit.end : high]
        if self.people < _FEW or _small_words(before) or len(before) > _ENTRY_HEAD:
            return False
        said = _ENTRY.match(after)
        words = said["said"] if said else ""
        values = len(_VALUES.findall(_CLASS_NOTE.sub("", after)))
        told = values >= _FEW or bool(_CODES.search(_CLASS_NOTE.sub("", after)))
        if not told and (_small_words(words) < _FEW or _AWARD.match(words)):
            return False
        title = _title(naming.clue.segment)
        lead = self._lead(naming, low)
        if any(praises(piece) or public_words(piece) for piece in (after, lead, title)):
            return False
        self._add(topics_of(f"{title} . {lead} . {after}", self.lexicon))
        return True

    def _lead(self, naming: Naming, low: int) -> str:
        """Return the line above a run of entries, if it introduces them: the nearest line that names nobody."""
        lines = self.view.around.quiet_before(naming.clue.at, low)
        for line in islice(lines, _LONGEST_LIST):
            if _BLANKED.search(line) or (_small_words(line) < _FEW and any(c.isdigit() for c in line)):
                continue
            line = line.strip()
            above = next(lines, "").strip()
            if above and above[-1] not in ".!?:" and not _BLANKED.search(above):
                line = f"{above} {line}"  # a line that the mail program broke
            introduces = line[-1] not in ".!?" or bool(_FOLLOWS.search(line))
            return line if len(line) < _LONGEST_LEAD and introduces else ""
        return ""

    def _facts_show(self) -> bool:
        for clue, _ in self.case.facts:
            self._add(topics_of(clue.segment.text[:2000], self.lexicon))
        return self.case.own_bits >= weights.RECORD_ATTRIBUTES

    def _part_is_about(self) -> bool:
        """In a part that names at most two pupils a sensitive term counts if the part is about this one."""
        for naming in self._namings():
            segment, hit, at = naming.clue.segment, naming.hit, naming.clue.at
            if segment.cells:
                continue
            paragraph = self.view.around.paragraph(at, hit.start, hit.end)
            if not praises(paragraph):
                topics = topics_of(paragraph, self.lexicon)
                if topics.sensitive() and (self.people == 1 or len(paragraph) < 400):
                    self._add(topics)
                    return True
            low, _ = self.view.around.line(at, hit.start, hit.end)
            heading = stands_alone(self.view.around, at, hit.start, hit.end) or segment.kind is SegmentKind.FILE_NAME
            heading = heading or labels_name(segment.text[low : hit.start])
            topics = Topics()
            for text in self._rest(heading):
                topics = topics_of(text, self.lexicon)
                if topics.sensitive() or topics.faint() >= 1 + (not heading):
                    self._add(topics)
                    return True
        return False

    def _rest(self, heading: bool) -> Iterator[str]:
        """What else may be about the pupil: everything under a heading, else paragraphs that go on about him or her."""
        for at in range(min(len(self.view.segments), 400)):
            for block in re.split(r"\n\s*\n", self.view.around.quiet(at)[:20000]):
                if heading or goes_on_about(block, self.forenames):
                    yield block

    def _add(self, topics: Topics) -> None:
        """Take the categories; everyday words give some only where nothing stronger does."""
        self.categories |= set(topics.strong) if topics.sensitive() else topics.all()


def _title(segment: Segment) -> str:
    """Return what a text is called by its place: file, sheet, page."""
    return " . ".join(re.sub(r"[_.-]", " ", step) for step in segment.place)


@lru_cache(maxsize=1 << 12)
def _small_words(line: str) -> int:
    """Count the words of a line that are written small: what is left when names, classes and bullets are taken away."""
    count = 0
    for word in line.split():
        if len(word) > 2 and word[0].islower():
            count += 1
            if count > _WORDS_OF_A_LIST_LINE:
                break  # more make no difference
    return count


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
            if topics.sensitive() or topics.faint() or form_labels(text) >= 3:
                found |= topics.all() or {Category.IDENTITY}
    return found
