"""Formulas of sheets: from text to what they are worth (ECMA-376 part 1, 18.17).

A program that writes a workbook without opening it leaves formulas without values; the one that opens it works them
out. Only what is named in the table of functions is worked out; anything else is `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mailguard.extract.formulafunctions import (
    FUNCTIONS,
    LAZY,
    Blank,
    Fault,
    Grid,
    Scalar,
    Unknown,
    Untold,
    Value,
    number,
    text,
)
from mailguard.extract.formulanames import COPYING, NUMERIC

_MOST_TOKENS = 2000
_MOST_DEPTH = 60
_ROWS, _COLUMNS = 1_048_576, 16_384
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?(?![A-Za-z_(!:\d]))
    | (?P<text>"(?:[^"]|"")*")
    | (?P<sheet>'(?:[^']|'')*'!|[A-Za-z_\u00c0-\uffff][\w.\u00c0-\uffff]*!)
    | (?P<call>[A-Za-z_][\w.]*)\(
    | (?P<cell>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?![\w(]))
    | (?P<column>\$?[A-Za-z]{1,3}(?=:\$?[A-Za-z]{1,3}(?![\w(]))|(?<=:)\$?[A-Za-z]{1,3}(?![\w(]))
    | (?P<row>\$?[1-9]\d{0,6}(?=:\$?\d)|(?<=:)\$?[1-9]\d{0,6}(?!\w))
    | (?P<name>[A-Za-z_\\][\w.]*)
    | (?P<sign><>|<=|>=|[-+*/^&=<>(),:;%{}])
    )""",
    re.VERBOSE,
)
_REFERENCE = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)(\d+)")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_CALLED = re.compile(r"([A-Za-z_][\w.]*)\(")
_ELSEWHERE = re.compile(r"\[\d+\]|\[[^\]]*\.xls|#REF!")
_CHOOSING = frozenset({"IF", "IFS", "IFERROR", "IFNA"})
_LEVELS = (("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"), ("^",))

Cell = tuple[str, int, int]
"""Sheet, row and column, both from 1."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """What formulas refer to: the value of a cell (a formula's is worked out) and how far a sheet is filled."""

    value: Callable[[Cell, int], Scalar]
    extent: Callable[[str], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Corner:
    row: int
    column: int
    fixed_row: bool
    fixed_column: bool


def worth(formula: str, at: Cell, sheets: Sheets, depth: int = 0, moved: tuple[int, int] = (0, 0)) -> Scalar:
    """Return what a formula in the cell `at` is worth; `moved` is how far a shared one is from where it was written.

    Raise Unknown where that cannot be told, Fault where it shows a fault."""
    if depth > _MOST_DEPTH:
        raise Unknown
    reader = _Reader(formula, at, sheets, depth, moved)
    try:
        return reader.scalar(reader.whole())
    except (ValueError, OverflowError, ZeroDivisionError, IndexError) as error:
        raise Fault from error


class _Reader:
    """Reads a formula from left to right and works it out on the way."""

    def __init__(self, formula: str, at: Cell, sheets: Sheets, depth: int, moved: tuple[int, int]) -> None:
        self._tokens = _tokens(formula)
        self._next = 0
        self._at = at
        self._sheets = sheets
        self._depth = depth
        self._moved = moved
        self._level = 0

    def whole(self) -> Value:
        value = self._binary(0)
        if self._next != len(self._tokens):
            raise Unknown
        return value

    def scalar(self, value: Value) -> Scalar:
        """Return the one value of a range of one cell; of a row or column the one that stands on the formula's line."""
        if not isinstance(value, Grid):
            return value
        if value.height == 1 and value.width == 1:
            return value.at(0, 0)
        if value.width == 1 and value.top <= self._at[1] < value.top + value.height:
            return value.at(self._at[1] - value.top, 0)
        if value.height == 1 and value.left <= self._at[2] < value.left + value.width:
            return value.at(0, self._at[2] - value.left)
        raise Unknown

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("", "")

    def _take(self, *signs: str) -> str:
        kind, word = self._peek()
        if kind == "sign" and word in signs:
            self._next += 1
            return word
        return ""

    def _binary(self, level: int) -> Value:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self._take(*_LEVELS[level]):
            left = _combined(sign, self.scalar(left), self.scalar(self._binary(level + 1)))
        return left

    def _unary(self) -> Value:
        self._level += 1
        if self._level > _MOST_DEPTH:
            raise Unknown
        sign = self._take("-", "+")
        value = self._unary() if sign else self._primary()
        self._level -= 1
        if sign == "-":
            value = -number(self.scalar(value))
        while self._take("%"):
            value = number(self.scalar(value)) / 100
        return value

    def _primary(self) -> Value:
        kind, word = self._peek()
        self._next += 1
        if kind == "number":
            if self._peek() == ("sign", ":"):
                return self._range("row", word, self._at[0])
            return float(word)
        if kind == "text":
            return word[1:-1].replace('""', '"')
        if kind == "call":
            return self._call(word.upper().removeprefix("_XLFN.").removeprefix("_XLWS."))
        if kind == "sheet":
            name = word[:-1]
            name = name[1:-1].replace("''", "'") if name.startswith("'") else name
            kind, word = self._peek()
            self._next += 1
            return self._range(kind, word, name)
        if kind in ("cell", "column", "row"):
            return self._range(kind, word, self._at[0])
        if kind == "name" and word.upper() in ("TRUE", "FALSE"):
            return word.upper() == "TRUE"
        if kind == "sign" and word == "(":
            value = self._binary(0)
            if not self._take(")"):
                raise Unknown
            return value
        raise Unknown

    def _range(self, kind: str, word: str, sheet: str) -> Grid:
        first = self._corner(kind, word, low=True)
        last = first if kind == "cell" else None
        if self._take(":"):
            kind, word = self._peek()
            self._next += 1
            last = self._corner("row" if kind == "number" else kind, word, low=False)
        if last is None:
            raise Unknown
        top, bottom = sorted((first[0], last[0]))
        left, right = sorted((first[1], last[1]))
        rows, columns = self._sheets.extent(sheet)
        bottom, right = max(min(bottom, rows), top), max(min(right, columns), left)

        def at(row: int, column: int) -> Scalar:
            return self._sheets.value((sheet, top + row, left + column), self._depth + 1)

        return Grid(top, left, bottom - top + 1, right - left + 1, at)

    def _corner(self, kind: str, word: str, low: bool) -> tuple[int, int]:
        """Return row and column of a corner, moved as a shared formula is."""
        if kind == "cell":
            match = _REFERENCE.fullmatch(word)
            if match is None:
                raise Unknown
            fixed_column, letters, fixed_row, row = match.groups()
            return (
                int(row) + (0 if fixed_row else self._moved[0]),
                _column(letters) + (0 if fixed_column else self._moved[1]),
            )
        if kind == "column":
            return (1 if low else _ROWS), _column(word.lstrip("$")) + (0 if word[0] == "$" else self._moved[1])
        if kind == "row":
            return int(word.lstrip("$")) + (0 if word[0] == "$" else self._moved[0]), (1 if low else _COLUMNS)
        raise Unknown

    def _call(self, name: str) -> Value:
        starts: list[int] = []
        values: list[Value | Unknown] = []
        if not self._take(")"):
            while True:
                starts.append(self._next)
                values.append(self._argument())
                if self._take(")"):
                    break
                if not self._take(","):
                    raise Unknown
        if name == "ROW" and not values:
            return float(self._at[1])
        if name == "COLUMN" and not values:
            return float(self._at[2])
        if name in LAZY:
            return LAZY[name](values, self.scalar)
        if name == "INDIRECT" and len(values) == 1 and not isinstance(values[0], Unknown):
            return self._pointed(text(self.scalar(values[0])))
        if name in NUMERIC and name not in FUNCTIONS:
            return Untold
        untold = [value for value in values if isinstance(value, Unknown)]
        if name not in FUNCTIONS or any(not isinstance(value, Fault) for value in untold):
            raise Unknown
        if untold:
            raise Fault
        return FUNCTIONS[name]([value for value in values if not isinstance(value, Unknown)], self.scalar)

    def _pointed(self, written: str) -> Value:
        """Return what a reference that is itself worked out points to."""
        if self._depth > _MOST_DEPTH:
            raise Unknown
        value = _Reader(written, self._at, self._sheets, self._depth + 1, (0, 0)).whole()
        if not isinstance(value, Grid):
            raise Unknown
        return value

    def _argument(self) -> Value | Unknown:
        """Return an argument, or that it cannot be told: of a choice, only the branch that is taken need be known."""
        start = self._next
        if self._peek() in (("sign", ","), ("sign", ")")):
            return Blank
        try:
            return self._binary(0)
        except (Unknown, ValueError, OverflowError, ZeroDivisionError, IndexError) as error:
            self._next = start
            self._level = 0
            self._skip()
            return error if isinstance(error, Unknown) else Fault()

    def _skip(self) -> None:
        """Go to the end of an argument."""
        open_ones = 0
        while self._next < len(self._tokens):
            kind, word = self._peek()
            if not open_ones and kind == "sign" and word in (",", ")"):
                return
            open_ones += (kind == "call") + (kind == "sign" and word in "({") - (kind == "sign" and word in ")}")
            self._next += 1


def _tokens(formula: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    formula = formula.strip()
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if match is None or match.end() == at or len(found) > _MOST_TOKENS:
            raise Unknown
        kind = match.lastgroup or ""
        found.append((kind, match.group(kind)))
        at = match.end()
    return found


def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column


def _combined(sign: str, left: Scalar, right: Scalar) -> Scalar:
    if sign == "&":
        return text(left) + text(right)
    if sign in _LEVELS[0]:
        return _compared(sign, left, right)
    one, other = number(left), number(right)
    if sign == "+":
        return one + other
    if sign == "-":
        return one - other
    if sign == "*":
        return one * other
    if sign == "/":
        return one / other
    power = one**other
    if isinstance(power, complex):
        raise Unknown
    return float(power)


def _compared(sign: str, left: Scalar, right: Scalar) -> bool:
    keys = [_key(left, right), _key(right, left)]
    less, equal = keys[0] < keys[1], keys[0] == keys[1]
    return {"=": equal, "<>": not equal, "<": less, ">": not less and not equal, "<=": less or equal}.get(
        sign, not less
    )


def _key(value: Scalar, other: Scalar) -> tuple[int, float, str]:
    """Numbers come before texts, texts before truths; a blank is as the other's nothing."""
    if value is Blank:
        value = "" if isinstance(other, str) else False if isinstance(other, bool) else 0.0
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, str):
        return 1, 0.0, value.lower()
    return 0, number(value), ""


def is_of_no_use(formula: str) -> bool:
    """Return whether a formula that cannot be worked out gives a number at most, or a copy of what stands elsewhere."""
    bare = _QUOTED.sub('""', formula)
    called = {name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.") for name in _CALLED.findall(bare)}
    return "&" not in bare and not _ELSEWHERE.search(bare) and called <= NUMERIC | COPYING | _CHOOSING
