"""Words of a PDF page that was set letter by letter: spaced out, squeezed together, one letter below the other.

pdfium parts words by a fixed share of the letters' size, so that "M a r l o w e   A s h" has no words and squeezed
letters have no gaps. Here each line's own spacing tells which gaps are wider than those between its letters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium_c

from mailguard.extract.lines import tidy

_MOST_LETTERS = 20_000
_MOST_ALONE = 2_000
_WIDER = 0.15
_NEIGHBOURS = 4
_COLUMN = 3.0
_SPACED_OUT = re.compile(r"(?<!\S)(?:[^\W_][ \n]{1,2}){3,}[^\W_](?!\S)")
_RUN_TOGETHER = re.compile(r"(?=[^\s@]{24})[^\s@]*[A-Za-z][^\s@]*(?:[a-z][A-Z]|[a-z]\d|\d[A-Z]|[,;][A-Za-z\d])[^\s@]*")
# What neither of the two above matches without, told in a tenth of the time.
_TWO_ALONE = re.compile(r"[ \n][^\W_][ \n]{1,2}[^\W_][ \n]")
_LONG = 24
_LEAST_UPRIGHT = 4


class _Letter(NamedTuple):
    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        return max(self.top - self.bottom, 0.1)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def is_set_apart(content: str) -> bool:
    """Return whether the words that pdfium made of a page look torn into letters or run together. One letter again and
    again, as in a column of grades, is no torn word."""
    spaced = _SPACED_OUT.finditer(content) if _TWO_ALONE.search(content) else ()
    if any(len(set(match[0].lower().split())) > 1 for match in spaced):
        return True
    if "http" in content or max(map(len, content.split()), default=0) < _LONG:
        return False
    return _RUN_TOGETHER.search(content) is not None


def words_by_spacing(text_page: Any) -> str:
    """Return the page's lines from top to bottom, words parted by each line's own spacing, then what stands upright."""
    lines = list(_lines(_letters(text_page)))
    written: list[str] = []
    alone: list[_Letter] = []
    for line in lines:
        words = list(_words(line))
        written.append(" ".join(tidy("".join(letter.text for letter in word)) for word in words))
        alone += [word[0] for word in words if len(word) == 1]
    return "\n".join([*written, *_upright(alone[:_MOST_ALONE])])


def _letters(text_page: Any) -> list[_Letter]:
    letters: list[_Letter] = []
    box = pdfium_c.FS_RECTF()
    for index in range(min(pdfium_c.FPDFText_CountChars(text_page), _MOST_LETTERS)):
        letter = chr(pdfium_c.FPDFText_GetUnicode(text_page, index))
        if not letter.isspace() and letter.isprintable() and pdfium_c.FPDFText_GetLooseCharBox(text_page, index, box):
            letters.append(_Letter(letter, box.left, box.bottom, box.right, box.top))
    return letters


def _lines(letters: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    line: list[_Letter] = []
    for letter in sorted(letters, key=lambda letter: -letter.middle):
        if line and line[0].middle - letter.middle > 0.4 * min(line[0].height, letter.height):
            yield sorted(line, key=lambda letter: letter.left)
            line = []
        line.append(letter)
    if line:
        yield sorted(line, key=lambda letter: letter.left)


def _words(line: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    gaps = [after.left - before.right for before, after in itertools.pairwise(line)]
    word = list(line[:1])
    for index, (gap, letter) in enumerate(zip(gaps, line[1:], strict=True)):
        around = sorted(gaps[max(index - _NEIGHBOURS, 0) : index + _NEIGHBOURS + 1])
        usual = _median(around) if len(around) > 2 else min(0.0, *around)
        if gap > _COLUMN * letter.height or gap - usual > _WIDER * letter.height:
            yield word
            word = []
        word.append(letter)
    if word:
        yield word


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _upright(letters: Sequence[_Letter]) -> Iterator[str]:
    """Yield what letters say that stand one below the other, each alone on its line."""
    left = sorted(letters, key=lambda letter: -letter.middle)
    while left:
        chain = [left.pop(0)]
        for letter in list(left):
            last = chain[-1]
            down = last.middle - letter.middle
            aside = abs((letter.left + letter.right) / 2 - (last.left + last.right) / 2)
            if 0.4 * last.height < down < 2.6 * last.height and aside < 0.5 * last.height:
                chain.append(letter)
                left.remove(letter)
        if len(chain) >= _LEAST_UPRIGHT:
            steps = [above.middle - below.middle for above, below in itertools.pairwise(chain)]
            usual = _median(sorted(steps))
            gaps = [" " if step > 1.5 * usual else "" for step in steps]
            yield chain[0].text + "".join(gap + letter.text for gap, letter in zip(gaps, chain[1:], strict=True))
