"""Pupils named in prose, with the clues that their texts are records and the answer: what `calibrate` fits on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.quality import more_names, names, runner, sentences
from bench.quality.scenarios import NAMED
from bench.quality.templates import load

from mailguard.extract import read_message
from mailguard.model import Envelope, PupilKey
from mailguard.recognise import about, default_lexicon, record
from mailguard.recognise.fold import words_of
from mailguard.recognise.learned import Learned, stem_of, stems_after, stems_of
from mailguard.screening import build_guard, screen

_MOST_OF_ONE = 3
"""Mails of one template that are taken: they differ in names and layout only."""


@dataclass(frozen=True)
class Example:
    """One pupil in one text. `group` is a family of templates or a hand, `unit` the one text that it was made from;
    `settled` says that other reasons than `about` make it a record, `stems` that come after the name begin with ">"."""

    group: str
    unit: str
    record: bool
    settled: bool
    signs: dict[str, float]
    stems: frozenset[str]
    weight: float = 1.0


Seen = tuple[PupilKey, bool, dict[str, float], frozenset[str]]


@contextmanager
def watched() -> Iterator[list[Seen]]:
    """Note what the recogniser sees of each pupil in prose."""
    seen: list[Seen] = []
    stems: set[str] = set()
    decide, about_all, weigh = record.Record._decide, record.about, Learned.weigh

    def weighed(self: Learned, passage: list[str], text: str) -> float:
        stems.update(stems_of(text), (f">{stem}" for stem in stems_after(passage)))
        return weigh(self, passage, text)

    def recorded(self: record.Record, *shared: Any) -> bool:
        record.about = lambda *_: False
        settled = decide(self, *shared)
        record.about = about_all
        namings = self._namings()
        if namings and self.people <= about.MOST:
            stems.clear()
            signs = about.signs(self.view, self.case, namings, self.people)
            seen.append((self.view.index.pupils[self.case.person].key, settled, signs, frozenset(stems)))
        return settled or about_all(self.view, self.case, namings, self.people)

    record.Record._decide, Learned.weigh = recorded, weighed  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        record.Record._decide, Learned.weigh, record.about = decide, weigh, about_all  # type: ignore[method-assign]


def of_half(half: str, rolls: int, messages: int, seed: int, sure: list[tuple[float, bool]]) -> list[Example]:
    """Return the examples of one half; add to `sure` how many bits each pupil was seen with, and whether the text shows
    that pupil."""
    found: list[Example] = []
    taken: Counter[tuple[str, bool]] = Counter()
    named = {t.name: t for t in load(runner.HERE / half)}
    for roll in range(seed * 100 + 1, seed * 100 + rolls + 1):
        town = runner.town_of(half, roll)
        guard = build_guard(town.roll, town.policy)
        for case in runner.cases(runner.Plan(half, roll, messages // rolls, seed, False, False)):
            template = named[case.template]
            if not template.leak and template.options & set(NAMED) - {"anyone"}:
                continue
            with watched() as seen:
                screened = screen(read_message(case.data), Envelope(case.sender, case.recipients), guard)
            sure += [(s.bits, s.pupils[0] in case.present) for s in screened.sightings.pupils if len(s.pupils) == 1]
            for key, settled, signs, stems in seen:
                if "no prose" in signs or (template.leak and case.pupils and key not in case.pupils):
                    continue
                taken[case.template, template.leak] += 1
                if taken[case.template, template.leak] <= _MOST_OF_ONE:
                    unit = f"{half}:{case.template}"
                    found.append(Example(f"{half}:{case.family}", unit, template.leak, settled, signs, stems))
    counts = Counter((e.unit, e.record) for e in found)
    return [Example(**{**vars(e), "weight": (0.2 if e.settled else 1.0) * 2 / counts[e.unit, e.record]}) for e in found]


def of_sentences() -> list[Example]:
    """Return the examples of the texts of pupils that independent hands wrote."""
    found = []
    for number, path in enumerate(sorted(sentences.FOLDER.glob("*.tsv"))):
        town = runner.town_of("wide", 9000 + number)
        guard = build_guard(town.roll, town.policy)
        for sent in sentences.send(town, sentences.load_sentences(path), 1):
            with watched() as seen:
                screen(read_message(sent.data), sent.envelope, guard)
            for key, settled, signs, stems in seen:
                if key == sent.pupil and "no prose" not in signs:
                    text = sent.sentence
                    weight = 0.4 if settled else 1.0
                    found.append(Example(f"hand {text.writer}", text.text, text.record, settled, signs, stems, weight))
                    break
    return found


def names_in_use() -> frozenset[str]:
    """Return the stems of all names that invented people have here and that are no words of English."""
    found: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, str):
            found.update(words_of(value))
        elif isinstance(value, dict):
            gather([*value.keys(), *value.values()])
        elif isinstance(value, list | tuple | set | frozenset):
            for item in value:
                gather(item)

    for module in (names, more_names):
        gather([value for name, value in vars(module).items() if not name.startswith("__")])
    return frozenset(stem_of(word) for word in found - default_lexicon().ordinary)
