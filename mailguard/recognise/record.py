"""Decide for one pupil in one part: record or mention, and which categories, from what stands around the name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from mailguard.model import Category, EvidenceKind, SegmentKind
from mailguard.recognise import weights
from mailguard.recognise.about import about
from mailguard.recognise.categories import Topics, topics_of
from mailguard.recognise.clues import Case, Naming, lies_in
from mailguard.recognise.columns import personal_head, personal_row, said_cells, telling_row, tells_offices
from mailguard.recognise.facts import HOME, UNIQUE
from mailguard.recognise.fold import name_parts, words_of
from mailguard.recognise.forms import harmless, headed, labels_another, tabled
from mailguard.recognise.frames import begins_work, byline, pretends, speaks_as_staff, told
from mailguard.recognise.honours import better_than
from mailguard.recognise.letters import own_letter
from mailguard.recognise.lists import (
    alternate,
    bare_entry,
    bare_row,
    fills_cell,
    first_row,
    graded,
    heads_honours,
    introduces,
    lead_of,
    of_merit,
    own_words,
    small_words,
    title_of,
    told_entry,
)
from mailguard.recognise.news import for_all, told_in
from mailguard.recognise.part import PartView
from mailguard.recognise.roles import Role
from mailguard.recognise.speech import glad, goes_on, said_of, says_he_or_she
from mailguard.recognise.strength import (
    accompanies,
    goes_on_about,
    is_form,
    labelled_above,
    labels_name,
    lacks,
    praises,
    public_words,
    stands_alone,
)
from mailguard.recognise.turned import names_along, turned_table
from mailguard.recognise.whose import told_beside

_OF_FACTS = {Category.CONTACT: HOME, Category.IDENTITY: UNIQUE - {EvidenceKind.CANDIDATE} | {EvidenceKind.DOB}}
_FEW, _COMPANY, _SENTENCE = 2, 6, 160
_BY_LINE, _CLASS_NOTE, _HEADING = 30, 8, 120
_QUOTES = frozenset("\"“'‘")
_PARAGRAPH = 900
_YOURS = re.compile(r"\byour (?:child|son|daughter)\b", re.IGNORECASE)
"""Whom a letter's heading names."""
_WHO = re.compile(r"['’]?,?\s+(?:who|whose|as (?:he|she))\b")


class Record:
    """The answer for one case: `record` and `categories`; `beside` are the forenames of those of whom a record in prose
    tells without telling of the pupil (see `whose`).

    `shared` are the categories of all of very many records of the part that were looked at before, or None where there
    are not very many: then it is enough for a record that the case has own attributes, and the text of its place adds
    the categories. Everything else is always looked at in full."""

    def __init__(
        self,
        view: PartView,
        case: Case,
        groups: Sequence[Sequence[Case]],
        shared: frozenset[Category] | None = None,
    ) -> None:
        self.view = view
        self.case = case
        groups = [group for group in groups if case in group or not group[0].beside_another]
        self.people = len(groups)
        self.others = [group[0] for group in groups if case not in group] if self.people < _COMPANY else []
        self.lexicon = view.index.lexicon
        told = {fact.kind for _, fact in case.facts}
        self.categories = {category for category, kinds in _OF_FACTS.items() if not kinds.isdisjoint(told)}
        self.firm = self.listed = False
        self.beside: tuple[str, ...] = ()
        hasty = view.overflow or any(naming.clue.thin for naming in case.namings)
        self.record = self._hastily(shared) if hasty else self._decide(shared)

    @cached_property
    def forenames(self) -> frozenset[str]:
        """The words of what the pupil is called, less everyday ones."""
        pupil = self.view.index.pupils[self.case.person]
        return frozenset({*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)} - self.lexicon.everyday)

    def _hastily(self, shared: frozenset[Category] | None) -> bool:
        """Where too much is named for a close look whoever is named counts as a record. A part that was not read to its
        end is held as unread whatever its categories."""
        self.categories |= shared or frozenset()
        for naming in self.case.namings[:2] if not self.view.overflow else ():
            text, hit = naming.clue.segment.text, naming.hit
            low, high = self.view.around.line(naming.clue.at, hit.start, hit.end)
            self._add(topics_of(text if naming.clue.segment.cells else text[low:high], self.lexicon))
        return True

    def _decide(self, shared: frozenset[Category] | None) -> bool:
        """Every reason is tried, because each one adds its categories."""
        if self.case.bits < weights.RECORD and (not self.case.floor or self.case.doubtful):
            return False
        attributes = self.case.own_bits >= weights.RECORD_ATTRIBUTES or self._born()
        if attributes and shared is not None:
            self.categories |= shared
            self._place_adds()
            return True
        namings = self._namings()
        reasons = [attributes, *map(self._naming_shows, namings)]
        if not self.case.namings:
            reasons.append(self._facts_show())
        if self.people <= _FEW:
            reasons.append(self._part_is_about(namings))
        record = any(reasons) or about(self.view, self.case, namings, self.people)
        if record and not (attributes or self.firm) and self.people < _COMPANY:
            self.beside = told_beside(self.view, self.case, namings, self.others)
        return record

    def _born(self) -> bool:
        """Return whether a date of birth of the pupil's is labelled, or stands where he or she is named."""
        births = [(clue, fact) for clue, fact in self.case.facts if fact.kind is EvidenceKind.DOB]
        if not births:
            return False
        beside = {id(naming.clue) for naming in self.case.namings}
        return any(fact.labelled or id(clue) in beside for clue, fact in births)

    def _place_adds(self) -> None:
        """Take the categories of the rows or lines where the pupil's facts stand."""
        around = self.view.around
        for clue, fact in self.case.facts:
            text = clue.segment.text
            whole = clue.segment.cells or not clue.lines
            low, high = (0, len(text)) if whole else around.line(clue.at, fact.start, fact.end)
            topics = around.topics.get((clue.at, low, high))
            if topics is None:
                topics = around.topics[clue.at, low, high] = topics_of(text[low:high], self.lexicon)
            self._add(topics)

    def _namings(self) -> list[Naming]:
        """The namings that count: places of grown-ups and companions do not; of many the first dozen is enough."""
        usable = [n for n in self.case.namings if n.role is not Role.ADULT and not self._accompanies(n)]
        rows = {n.clue.segment.place[:-1] for n in usable if fills_cell(n) and tells_offices(n.clue.segment)}
        if rows:  # a table that is given as text too is judged as a table
            usable = [n for n in usable if not alternate(n) or n.clue.segment.place[:-1] not in rows]
        usable = sorted(usable, key=lambda naming: -naming.bits)[:24]
        return [n for n in usable if not any(lies_in(n, other) for other in usable)][:12]

    def _accompanies(self, naming: Naming) -> bool:
        """Return whether a sentence is about a pupil named before, with whom this one merely is."""
        at, start = naming.clue.at, naming.hit.start
        low = self.view.around.run_on(at, start, naming.hit.end)
        if naming.clue.segment.cells or not accompanies(naming.clue.segment.text[low:start]):
            return False
        if _WHO.match(naming.clue.segment.text, naming.hit.end):
            return False
        if says_he_or_she(naming.clue.segment.text[max(low, start - _SENTENCE) : start].rpartition(". ")[2]):
            return True  # "She built a den with Ama": somebody named before, or known to the reader
        return any(
            other.clue.at == at and start - _SENTENCE < other.hit.end <= start
            for case in self.others
            for other in case.namings
        )

    def _naming_shows(self, naming: Naming) -> bool:
        segment, hit = naming.clue.segment, naming.hit
        if segment.cells:
            self.firm = self._row_shows(naming) or self.firm
            return self.firm
        at = naming.clue.at
        low, _ = self.view.around.line(at, hit.start, hit.end)
        before = segment.text[low : hit.start]
        labelled = labels_name(before)
        if not before.strip():
            labelled = labelled or labelled_above(next(self.view.around.lines_before(at, low), ""))
        if labelled:
            self._add(topics_of(self.view.around.quiet(at)[:3000], self.lexicon))
        in_form = (labelled or self.people <= _FEW) and self._within_form(naming)
        labelled = (
            labelled and self.people <= _COMPANY and not (names_along(naming, before) or harmless(self.view, naming))
        )
        of_another = bool(not labelled and before.strip() and labels_another(self.view, self.others))
        in_form = in_form or self._headed(naming)
        sentence = self._sentence_shows(naming)
        in_form = self._list_shows(naming) or in_form
        self.firm = labelled or (in_form and not of_another) or self.firm
        return self.firm or sentence or in_form

    def _list_shows(self, naming: Naming) -> bool:
        bare = bare_entry(self.view, naming)
        entry = told_entry(self.view, naming) if self.people >= _FEW else None
        told, private = entry or (None, False)
        self.listed = self.listed or told is not None
        for topics in (bare, told if private else None):
            if topics:
                self._add(topics)
        return bare is not None or private

    def _row_shows(self, naming: Naming) -> bool:
        segment = naming.clue.segment
        topics = topics_of(said_cells(segment), self.lexicon)
        if personal_row(segment, naming.hit.spans):
            self._add(topics)
            self._add(self._title_topics(naming))
            return True
        if telling_row(segment, naming.hit.spans):
            title_text = f"{title_of(segment)} . {self._above(naming)} . {self.view.title}"
            if not praises(title_text) and not public_words(title_text):
                self._add(topics)
                self._add(self._title_topics(naming))
                return True
        form = tabled(self.view, naming) or headed(self.view, naming)
        if form is not None:
            self._add(form)
            return True
        title = self._title_topics(naming)
        heads = first_row(self.view, naming.clue.at)
        if heads is not None and (personal_head(heads.text) or topics_of(heads.text, self.lexicon).sensitive()):
            self._add(topics)
            self._add(topics_of(heads.text, self.lexicon))
            return len(segment.cells) > 1
        if title.sensitive() or topics.sensitive() or bare_row(self.view, naming) or turned_table(self.view, naming):
            self._add(title)
            self._add(topics)
            return True
        return False

    def _title_topics(self, naming: Naming) -> Topics:
        """The topics of what a table is called: file, sheet, the lines above it."""
        return topics_of(f"{title_of(naming.clue.segment)} . {self._above(naming)}", self.lexicon)

    def _above(self, naming: Naming) -> str:
        above = next(self.view.around.lines_before(naming.clue.at, 0), "")
        return above if len(above) < _HEADING else ""

    def _within_form(self, naming: Naming) -> bool:
        at, text = naming.clue.at, self.view.segments[naming.clue.at].text
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
        """A name heads a record by values under labels on the next lines ("Maths: 98"), or by a letter of its own."""
        found = [topics for topics in (headed(self.view, naming), own_letter(self.view, naming)) if topics is not None]
        for topics in found:
            self._add(topics)
        return bool(found)

    def _sentence_shows(self, naming: Naming) -> bool:
        around, hit, at = self.view.around, naming.hit, naming.clue.at
        line = own_words(self.view, naming)
        if line is not None:
            return self._entry_shows(naming, line)
        if graded(self.view, naming):
            self.categories.add(Category.ATTAINMENT)
            return True
        sentence = around.sentence(at, hit.start, hit.end, self._byline(naming))
        shown = not of_merit(self.view, naming) and self._about(told_in(self.view, sentence), sentence)
        following = around.next_sentence(at, hit.end)
        if following and self._goes_on(following) and not self._is_work(naming, following):
            sad = lacks(following) or self.lexicon.tones(words_of(following))[0] > 0
            shown = self._about(told_in(self.view, following), following if sad else f"{sentence} {following}") or shown
        return shown

    def _entry_shows(self, naming: Naming, line: str) -> bool:
        """A line of a list says of a name what it says itself, and what the line above the list says of all."""
        around, hit, at = self.view.around, naming.hit, naming.clue.at
        merit = of_merit(self.view, naming)
        shown = False
        if not merit:
            words = small_words(line)
            data = words > 0 and not (line.rstrip().endswith((".", "!")) and words > _FEW) and not for_all(self.view)
            data = data and not public_words(f"{title_of(naming.clue.segment)} . {self.view.title}")
            shown = self._about(told_in(self.view, line), line, 1 if data else _FEW)
        rest = around.next_sentence(at, hit.end)
        if rest and self._goes_on(rest):
            shown = self._about(told_in(self.view, rest), f"{line} {rest}") or shown
        lead = lead_of(self.view, naming)
        if lead and not heads_honours(self.view, naming, lead) and not self._both_say(naming, lead):
            topics = told(lead, self.lexicon)
            if not merit and not public_words(lead):
                shown = self._about(told_in(self.view, f"{lead} . {line}"), f"{lead} . {line}") or shown
            if topics.sensitive():
                self._add(topics)
                shown = True
        return shown

    def _both_say(self, naming: Naming, lead: str) -> bool:
        """Return whether the line above and the line of a name are sentences, so that neither introduces the other."""
        if lead[-1] not in ".!" or introduces(lead):
            return False
        low, high = self.view.around.line(naming.clue.at, naming.hit.start, naming.hit.end)
        line = naming.clue.segment.text[low:high].rstrip()
        return line[-1:] in (".", "!") and small_words(line) >= _FEW

    def _goes_on(self, following: str) -> bool:
        """Return whether the next sentence goes on about the pupil, not about somebody whom it names first."""
        if self.people > _FEW:
            return goes_on(following) or not self.forenames.isdisjoint(words_of(following))
        return goes_on_about(following, self.forenames)  # who is named there may be a parent or a teacher

    def _byline(self, naming: Naming) -> tuple[int, int] | None:
        """Return the line of a name that is an author's ("A poem by Ama Osei"): what stands below is the work."""
        text, hit = naming.clue.segment.text, naming.hit
        low, high = self.view.around.line(naming.clue.at, hit.start, hit.end)
        if not byline(text[low : hit.start]):
            return None
        return low, begins_work(text, low, hit.start, hit.end, high)

    def _is_work(self, naming: Naming, text: str) -> bool:
        """Return whether what stands below an author's name, or beside it in quotation marks, is the work."""
        line = self._byline(naming)
        if line is None or speaks_as_staff(text) or speaks_as_staff(naming.clue.segment.text[line[0] : line[1]]):
            return False
        ends = len(naming.clue.segment.text[naming.hit.end : line[1]].strip(" .,;:!*_")) <= _CLASS_NOTE
        return (ends and naming.hit.start - line[0] <= _BY_LINE) or text.lstrip()[:1] in _QUOTES

    def _about(self, topics: Topics, text: str, few: int = _FEW) -> bool:
        if not topics.strong and not topics.weak:
            return False  # as in nearly every sentence
        strong = topics.sensitive()
        happy = glad(text, self.lexicon)
        turns = happy and better_than(text)
        if (happy and not turns) or pretends(text):
            strong = topics.grave()
            faint = 0
        else:
            faint = topics.faint() - (0 if turns else public_words(text))
        if strong or faint >= (1 if self.people <= 1 or turns else few):
            self._add(topics)
            return True
        return False

    def _facts_show(self) -> bool:
        for clue, _ in self.case.facts:
            self._add(topics_of(clue.segment.text[:2000], self.lexicon))
        return self.case.own_bits >= weights.RECORD_ATTRIBUTES

    def _part_is_about(self, namings: Sequence[Naming]) -> bool:
        """In a part that names at most two pupils a sensitive term counts if the part is about this one."""
        for naming in namings:
            segment, hit, at = naming.clue.segment, naming.hit, naming.clue.at
            if segment.cells:
                continue
            if own_words(self.view, naming) is not None:
                continue
            said = self._said_around(naming)
            topics = Topics() if self._is_work(naming, said) else told_in(self.view, said)
            if topics.grave() or (topics.sensitive() and not glad(said, self.lexicon) and not pretends(said)):
                self._add(topics)
                return True
            low, _ = self.view.around.line(at, hit.start, hit.end)
            heading = stands_alone(self.view.around, at, hit.start, hit.end) or segment.kind is SegmentKind.FILE_NAME
            heading = heading or labels_name(segment.text[low : hit.start])
            topics = Topics()
            for text in self._rest(heading):
                if self._is_work(naming, text):
                    continue
                topics = told_in(self.view, text)
                if topics.sensitive() or topics.faint() >= 1 + (not heading):
                    self._add(topics)
                    return True
        return False

    def _rest(self, heading: bool) -> Iterator[str]:
        """What else may be about the pupil: everything under a heading, else paragraphs that go on about him or her."""
        for at in range(min(len(self.view.segments), 400)):
            for block in re.split(r"\n\s*\n", self.view.around.quiet(at)[:20000]):
                if heading or goes_on_about(block, self.forenames):
                    block = _YOURS.sub("him or her", block) if heading else block
                    yield said_of(block, (), self.forenames, heading or self.people == 1, for_all(self.view))

    def _said_around(self, naming: Naming) -> str:
        """Return what the paragraph of a name says of the pupil."""
        at, hit = naming.clue.at, naming.hit
        text = self.view.around.quiet(at)
        low = max(text.rfind("\n\n", 0, hit.start), hit.start - _PARAGRAPH, 0)
        high = text.find("\n\n", hit.end)
        high = min(high if high >= 0 else len(text), hit.end + _PARAGRAPH)
        own = [(n.hit.start - low, n.hit.end - low) for n in self.case.namings if n.clue.at == at]
        return said_of(text[low:high], own, self.forenames, self.people == 1, for_all(self.view))

    def _add(self, topics: Topics) -> None:
        """Take the categories; everyday words give some only where nothing stronger does."""
        self.categories |= set(topics.strong) if topics.sensitive() else topics.all()
