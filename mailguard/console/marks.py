"""The text of a message with its findings marked where they stand. Pure.

The reading comes from the jail a second time, so every slice is compared with the text that the finding quotes; where
it does not fit (another reader version, a cut text) the words are looked for, and marked only where they are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mailguard.model import Evidence, Place, PupilKey, Reading, Segment, SegmentKind
from mailguard.store.holds import Kept

_MOST_BODY = 24_000
_MOST_BLOCK = 6_000
_AROUND = 1
_MOST_BLOCKS = 120
# A page lists so many findings; of more, these come first, that they are never among those left out.
MOST_LISTED = 100
_FIRST = ("barred-contact", "confidential-contact")
_SHOWN_ALL = frozenset({"body", "subject"})


@dataclass(frozen=True, slots=True)
class Numbered:
    """One finding as the page lists it: its number, the rule, where, whom it shows, the sentence, and the positions of
    the recipients it counts for; `more` pupils are only counted."""

    number: int
    rule: str
    place: Place
    leaf: int
    pupils: tuple[PupilKey, ...]
    categories: tuple[str, ...]
    sentence: str = field(repr=False)
    evidence: tuple[Evidence, ...] = field(repr=False)
    recipients: tuple[int, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; `numbers` are the findings it speaks for, `anchors` those of them whose first mark it is."""

    text: str = field(repr=False)
    numbers: tuple[int, ...] = ()
    anchors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the steps of its place below the part, and its cells in the order of the columns."""

    where: Place
    cells: tuple[tuple[Run, ...], ...] = field(repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`runs`), or rows under the heads of their columns. `skipped` counts the paragraphs or rows left out
    before it. `hidden` is text that the sender probably does not see."""

    where: Place
    runs: tuple[Run, ...] = field(default=(), repr=False)
    heads: tuple[str, ...] = field(default=(), repr=False)
    rows: tuple[Row, ...] = field(default=(), repr=False)
    hidden: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of the message: its place, its blocks, how many paragraphs after the last are left out, and on which of
    its pages something is marked."""

    part: Place
    blocks: tuple[Block, ...]
    skipped: int = 0
    pages: tuple[int, ...] = ()
    marked: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it is an attachment."""
        first = self.part[0] if self.part else "message"
        return first not in ("body", "subject", "message") and not first.startswith("header ")


def numbered(recipients: Iterable[Kept]) -> list[Numbered]:
    """The findings of all recipients, each once, in order: what counts for several is one. Of more than a page lists,
    orders and confidential details come first."""
    found: dict[tuple[object, ...], Numbered] = {}
    for one in recipients:
        for finding in one.findings:
            pupils = (finding.pupil,) if finding.pupil else finding.pupils
            key = (finding.rule, finding.place, pupils, finding.evidence if not pupils else (), finding.more)
            known = found.get(key)
            if known is None:
                known = Numbered(
                    len(found) + 1,
                    finding.rule,
                    finding.place,
                    finding.leaf,
                    pupils,
                    tuple(finding.categories),
                    finding.sentence,
                    finding.evidence,
                    (),
                    finding.more,
                )
            found[key] = Numbered(
                known.number,
                known.rule,
                known.place,
                known.leaf,
                known.pupils,
                known.categories,
                known.sentence,
                known.evidence,
                (*known.recipients, one.n),
                known.more,
            )
    if len(found) <= MOST_LISTED:
        return list(found.values())
    grave = sorted(found.values(), key=lambda one: _FIRST.index(one.rule) if one.rule in _FIRST else len(_FIRST))
    return [replace(one, number=number) for number, one in enumerate(grave, 1)]


def shown(reading: Reading, findings: Sequence[Numbered]) -> list[Shown]:
    """The message's parts with marks: the e-mail's own text whole (up to a limit), of attachments what is marked and
    what stands beside it."""
    spans = _spans(reading.segments, findings)
    anchored: set[int] = set()
    parts: dict[Place, list[int]] = {}
    for at, segment in enumerate(reading.segments):
        if segment.kind is SegmentKind.FILE_NAME and not spans.get(at):
            continue
        parts.setdefault(segment.place[: segment.leaf], []).append(at)
    found = []
    for part, members in parts.items():
        blocks, skipped = _blocks(part, members, reading.segments, spans, anchored)
        if blocks:
            marked = [at for at in members if spans.get(at)]
            pages = {_page(reading.segments[at].place) for at in marked}
            found.append(Shown(part, tuple(blocks), skipped, tuple(sorted(pages - {0})), bool(marked)))
    # What is marked comes first: it is what somebody has to look at. The subject stands in the summary already.
    return [one for one in found if one.marked] + [one for one in found if not one.marked and one.part != ("subject",)]


def marked(parts: Iterable[Shown]) -> frozenset[int]:
    """The numbers of the findings that have a mark in what is shown, so that a link to it leads somewhere."""
    blocks = [block for part in parts for block in part.blocks]
    runs = [run for block in blocks for run in block.runs]
    runs += [run for block in blocks for row in block.rows for cell in row.cells for run in cell]
    return frozenset(number for run in runs for number in run.anchors[:1])


def _page(place: Place) -> int:
    for step in place:
        if step.startswith("page ") and step[5:].isdecimal():
            return int(step[5:])
    return 0


def _spans(
    segments: Sequence[Segment], findings: Sequence[Numbered]
) -> dict[int, list[tuple[int, int, tuple[int, ...]]]]:
    """Where each segment is marked: start, end and the numbers of the findings, not overlapping, in order."""
    at_place: defaultdict[Place, list[int]] = defaultdict(list)
    for at, segment in enumerate(segments):
        at_place[segment.place].append(at)
    raw: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for finding in findings:
        for evidence in finding.evidence:
            if not evidence.text:
                continue
            members = at_place.get(evidence.place, ())
            exact = [at for at in members if segments[at].text[evidence.start : evidence.end] == evidence.text]
            if exact:
                raw[exact[0]].append((evidence.start, evidence.end, finding.number))
                continue
            for at in members:
                start = segments[at].text.find(evidence.text)
                if start >= 0:
                    raw[at].append((start, start + len(evidence.text), finding.number))
                    break
    return {at: _apart(found) for at, found in raw.items()}


def _apart(found: list[tuple[int, int, int]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Overlapping spans as one, with the numbers of all."""
    merged: list[tuple[int, int, tuple[int, ...]]] = []
    for start, end, number in sorted(found):
        if merged and start < merged[-1][1]:
            before = merged[-1]
            numbers = before[2] if number in before[2] else (*before[2], number)
            merged[-1] = (before[0], max(before[1], end), numbers)
        else:
            merged.append((start, end, (number,)))
    return merged


def _blocks(
    part: Place,
    members: Sequence[int],
    segments: Sequence[Segment],
    spans: dict[int, list[tuple[int, int, tuple[int, ...]]]],
    anchored: set[int],
) -> tuple[list[Block], int]:
    marked = {n for n, at in enumerate(members) if spans.get(at)}
    whole = part[-1:] and part[0] in _SHOWN_ALL and len(part) == 1
    # What stands beside a mark on a page of its own is that page in another order.
    around = 0 if any(_page(segments[at].place) for at in members) else _AROUND
    wanted = {m for n in marked for m in range(n - around, n + around + 1)}
    blocks: list[Block] = []
    said = {" | ".join(cell.head for cell in segments[members[n]].cells) for n in marked} - {""}
    skipped = chars = 0
    for n, at in enumerate(members):
        segment = segments[at]
        # The same once more: the HTML of what was shown as text, the heads of columns that stand over every row.
        words = " ".join(segment.text.split())
        second_view = n not in marked and (segment.kind is SegmentKind.ALTERNATE or words in said)
        fits = whole and chars < _MOST_BODY and segment.visible
        if second_view or not (n in marked or (n in wanted and segment.visible) or fits) or len(blocks) >= _MOST_BLOCKS:
            skipped += not second_view
            continue
        chars += len(segment.text)
        said.add(words)
        block = _block(segment, len(part), spans.get(at, []), skipped, anchored)
        before = blocks[-1] if blocks and not skipped else None
        if before is not None and block.heads and block.heads == before.heads:
            blocks[-1] = replace(before, rows=(*before.rows, *block.rows))
        else:
            blocks.append(block)
        skipped = 0
    return blocks, skipped


def _block(
    segment: Segment,
    leaf: int,
    spans: list[tuple[int, int, tuple[int, ...]]],
    skipped: int,
    anchored: set[int],
) -> Block:
    if any(cell.head for cell in segment.cells):
        heads = tuple(cell.head or cell.column for cell in segment.cells)
        cells = tuple(_runs(segment.text, spans, cell.start, cell.end, anchored) for cell in segment.cells)
        row = Row(segment.place[leaf:], cells, not segment.visible)
        return Block(segment.place, (), heads, (row,), not segment.visible, skipped)
    start, end = _window(segment.text, spans)
    runs = _runs(segment.text, spans, start, end, anchored)
    return Block(segment.place, runs, (), (), not segment.visible, skipped)


def _window(text: str, spans: list[tuple[int, int, tuple[int, ...]]]) -> tuple[int, int]:
    """What of a very long text is shown: around its first mark."""
    if len(text) <= _MOST_BLOCK:
        return 0, len(text)
    first = spans[0][0] if spans else 0
    start = max(0, first - _MOST_BLOCK // 3)
    return start, min(len(text), start + _MOST_BLOCK)


def _runs(
    text: str, spans: list[tuple[int, int, tuple[int, ...]]], start: int, end: int, anchored: set[int]
) -> tuple[Run, ...]:
    runs: list[Run] = []
    at = start
    for first, last, numbers in spans:
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        if first > at:
            runs.append(Run(text[at:first]))
        fresh = tuple(number for number in numbers if number not in anchored)
        anchored.update(fresh)
        runs.append(Run(text[first:last], numbers, fresh))
        at = last
    if at < end:
        runs.append(Run(text[at:end]))
    return tuple(runs)
