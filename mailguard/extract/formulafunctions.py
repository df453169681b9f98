"""The functions of sheets that are worked out where a file holds no value: those that choose, look up and put together
texts and dates (ECMA-376 part 1, 18.17.7). Statistics are not: they say nothing of one child."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from mailguard.extract.numberformat import date_of, plain, renderer

_MOST_LOOKED_AT = 200_000
_MOST_TEXT = 32_767
_FIRST_DAY = date(1899, 12, 30)


class Unknown(Exception):
    """What a formula is worth cannot be told: a function, name or file that is not known, or a fault in it."""


class Fault(Unknown):
    """The formula shows a fault, such as #N/A, and nothing else."""


class _Blank:
    """The value of a cell that holds nothing."""


class _Untold:
    """Some number, of which nothing else is known."""


Blank = _Blank()
Untold = _Untold()
Scalar = float | str | bool | _Blank | _Untold


@dataclass(frozen=True, slots=True)
class Grid:
    """A range of cells: where it begins, how large it is, and its values by offset."""

    top: int
    left: int
    height: int
    width: int
    at: Callable[[int, int], Scalar]

    def cells(self) -> Iterator[Scalar]:
        """Yield the values row by row."""
        if self.height * self.width > _MOST_LOOKED_AT:
            raise Unknown
        for row in range(self.height):
            for column in range(self.width):
                yield self.at(row, column)


Value = Scalar | Grid
One = Callable[[Value], Scalar]
Arguments = Sequence[Value]


def text(value: Scalar) -> str:
    """Return a value as text, as joining it to a text does."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if isinstance(value, _Untold):
        return "?"
    return "" if isinstance(value, _Blank) else plain(value)


def number(value: Scalar) -> float:
    """Return a value as a number, a date written as text as its day; Fault for any other text."""
    if isinstance(value, _Blank):
        return 0.0
    if isinstance(value, _Untold):
        raise Unknown
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return _day(value)
    return float(value)


def _day(value: str) -> float:
    """Return the day that a date written as text stands for, in British order or ISO's."""
    if match := re.fullmatch(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*", value):
        day, month, year = map(int, match.groups())
    elif match := re.fullmatch(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*", value):
        year, month, day = map(int, match.groups())
    else:
        raise Fault
    return float((date(year, month, day) - _FIRST_DAY).days)


def _flat(arguments: Arguments) -> Iterator[Scalar]:
    for argument in arguments:
        if isinstance(argument, Grid):
            yield from argument.cells()
        else:
            yield argument


def _joined(arguments: Arguments, one: One) -> Scalar:
    return "".join(map(text, _flat(arguments)))[:_MOST_TEXT]


def _text_join(arguments: Arguments, one: One) -> Scalar:
    separator, skip = text(one(arguments[0])), bool(number(one(arguments[1])))
    pieces = [text(value) for value in _flat(arguments[2:])]
    return separator.join(piece for piece in pieces if piece or not skip)[:_MOST_TEXT]


def _shown(arguments: Arguments, one: One) -> Scalar:
    value, mask = one(arguments[0]), text(one(arguments[1]))
    if value is Untold:
        return text(value)
    if isinstance(value, str):
        try:
            value = number(value)
        except Unknown:
            return text(value)
    render = renderer(mask)
    return render(number(value))[0] if render else text(value)


def _middle(arguments: Arguments, one: One) -> Scalar:
    start, count = int(number(one(arguments[1]))) - 1, int(number(one(arguments[2])))
    return text(one(arguments[0]))[max(start, 0) : max(start, 0) + max(count, 0)]


def _end(arguments: Arguments, one: One) -> Scalar:
    count = int(number(one(arguments[1]))) if len(arguments) > 1 else 1
    return text(one(arguments[0]))[-count:] if count > 0 else ""


def _start(arguments: Arguments, one: One) -> Scalar:
    count = int(number(one(arguments[1]))) if len(arguments) > 1 else 1
    return text(one(arguments[0]))[: max(count, 0)]


def _substitute(arguments: Arguments, one: One) -> Scalar:
    whole, old, new = (text(one(argument)) for argument in arguments[:3])
    if len(arguments) < 4 or not old:
        return whole.replace(old, new) if old else whole
    pieces, nth = whole.split(old), int(number(one(arguments[3])))
    return old.join(pieces[:nth]) + new + old.join(pieces[nth:]) if 0 < nth < len(pieces) else whole


def _replace(arguments: Arguments, one: One) -> Scalar:
    whole, start, count = text(one(arguments[0])), int(number(one(arguments[1]))), int(number(one(arguments[2])))
    return whole[: start - 1] + text(one(arguments[3])) + whole[start - 1 + count :]


def _found(fold: Callable[[str], str]) -> Callable[[Arguments, One], Scalar]:
    def find(arguments: Arguments, one: One) -> Scalar:
        start = int(number(one(arguments[2]))) - 1 if len(arguments) > 2 else 0
        at = fold(text(one(arguments[1]))).find(fold(text(one(arguments[0]))), start)
        if at < 0:
            raise Fault
        return float(at + 1)

    return find


def _date(arguments: Arguments, one: One) -> Scalar:
    year, month, day = (int(number(one(argument))) for argument in arguments)
    year += (month - 1) // 12
    return float((date(year if year > 1899 else year + 1900, (month - 1) % 12 + 1, 1) - _FIRST_DAY).days + day - 1)


def _of_date(part: str) -> Callable[[Arguments, One], Scalar]:
    def take(arguments: Arguments, one: One) -> Scalar:
        moment = date_of(number(one(arguments[0])))
        if moment is None:
            raise Unknown
        return float(getattr(moment, part))

    return take


def _same(one: Scalar, other: Scalar) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()
    if isinstance(one, _Blank) or isinstance(other, _Blank):
        return False
    return number(one) == number(other)


def _line(grid: Value) -> list[Scalar]:
    if not isinstance(grid, Grid) or min(grid.height, grid.width) != 1:
        raise Unknown
    return list(grid.cells())


def _position(wanted: Scalar, line: Sequence[Scalar], near: bool) -> int:
    """Return where a value stands, from 0; with `near` the last that is not greater, in a line that is in order."""
    for index, value in enumerate(line):
        if _same(wanted, value):
            return index
    if near:
        best = -1
        for index, value in enumerate(line):
            if isinstance(value, str) == isinstance(wanted, str) and not isinstance(value, _Blank):
                lower = value.lower() <= wanted.lower() if isinstance(value, str) and isinstance(wanted, str) else (
                    number(value) <= number(wanted)
                )  # fmt: skip
                best = index if lower else best
        if best >= 0:
            return best
    raise Fault


def _looked_up(across: bool) -> Callable[[Arguments, One], Scalar]:
    def look(arguments: Arguments, one: One) -> Scalar:
        wanted, grid, index = one(arguments[0]), arguments[1], int(number(one(arguments[2]))) - 1
        if not isinstance(grid, Grid):
            raise Unknown
        near = len(arguments) < 4 or bool(number(one(arguments[3])))
        line = [grid.at(0, n) if across else grid.at(n, 0) for n in range(grid.width if across else grid.height)]
        at = _position(wanted, line, near)
        if not 0 <= index < (grid.height if across else grid.width):
            raise Unknown
        return grid.at(index, at) if across else grid.at(at, index)

    return look


def _x_lookup(arguments: Arguments, one: One) -> Scalar:
    try:
        at = _position(one(arguments[0]), _line(arguments[1]), False)
    except Unknown:
        if len(arguments) > 3 and arguments[3] is not Blank:
            return one(arguments[3])
        raise
    return _line(arguments[2])[at]


def _lookup(arguments: Arguments, one: One) -> Scalar:
    return _line(arguments[-1])[_position(one(arguments[0]), _line(arguments[1]), True)]


def _match(arguments: Arguments, one: One) -> Scalar:
    near = len(arguments) < 3 or number(one(arguments[2])) == 1
    return float(_position(one(arguments[0]), _line(arguments[1]), near) + 1)


def _index(arguments: Arguments, one: One) -> Scalar:
    grid = arguments[0]
    row, column = (int(number(one(arguments[n]))) if len(arguments) > n else 0 for n in (1, 2))
    if not isinstance(grid, Grid):
        raise Unknown
    if len(arguments) == 2 and grid.height == 1:
        row, column = 1, row
    row, column = row or (1 if grid.height == 1 else 0), column or (1 if grid.width == 1 else 0)
    if not (0 < row <= grid.height and 0 < column <= grid.width):
        raise Unknown
    return grid.at(row - 1, column - 1)


def _numbers(arguments: Arguments) -> list[float]:
    return [float(v) for v in _flat(arguments) if isinstance(v, float | int) and not isinstance(v, bool)]


def _rounded(arguments: Arguments, one: One) -> Scalar:
    return float(round(number(one(arguments[0])), int(number(one(arguments[1]))) if len(arguments) > 1 else 0))


def _of_text(change: Callable[[str], Scalar]) -> Callable[[Arguments, One], Scalar]:
    return lambda arguments, one: change(text(one(arguments[0])))


def _is(what: Callable[[Scalar], bool]) -> Callable[[Arguments, One], Scalar]:
    return lambda arguments, one: what(one(arguments[0]))


def _proper(value: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda match: match.group().capitalize(), value)


FUNCTIONS: dict[str, Callable[[Arguments, One], Scalar]] = {
    "CONCATENATE": _joined,
    "CONCAT": _joined,
    "TEXTJOIN": _text_join,
    "TEXT": _shown,
    "LEFT": _start,
    "RIGHT": _end,
    "MID": _middle,
    "LEN": _of_text(lambda value: float(len(value))),
    "UPPER": _of_text(str.upper),
    "LOWER": _of_text(str.lower),
    "PROPER": _of_text(_proper),
    "TRIM": _of_text(lambda value: " ".join(value.split())),
    "CLEAN": _of_text(lambda value: "".join(filter(str.isprintable, value))),
    "T": lambda arguments, one: value if isinstance(value := one(arguments[0]), str) else "",
    "N": lambda arguments, one: 0.0 if isinstance(value := one(arguments[0]), str) else number(value),
    "VALUE": lambda arguments, one: number(one(arguments[0])),
    "DATEVALUE": lambda arguments, one: number(one(arguments[0])),
    "SUBSTITUTE": _substitute,
    "REPLACE": _replace,
    "REPT": lambda arguments, one: (text(one(arguments[0])) * min(int(number(one(arguments[1]))), 1000))[:_MOST_TEXT],
    "FIND": _found(str),
    "SEARCH": _found(str.lower),
    "EXACT": lambda arguments, one: text(one(arguments[0])) == text(one(arguments[1])),
    "CHAR": lambda arguments, one: bytes((int(number(one(arguments[0]))),)).decode("cp1252", "replace"),
    "UNICHAR": lambda arguments, one: chr(int(number(one(arguments[0])))),
    "CODE": _of_text(lambda value: float(ord(value[0]))),
    "DATE": _date,
    "YEAR": _of_date("year"),
    "MONTH": _of_date("month"),
    "DAY": _of_date("day"),
    "AND": lambda arguments, one: all(number(value) for value in _flat(arguments)),
    "OR": lambda arguments, one: any(number(value) for value in _flat(arguments)),
    "NOT": lambda arguments, one: not number(one(arguments[0])),
    "ISBLANK": _is(lambda value: value is Blank),
    "ISTEXT": _is(lambda value: isinstance(value, str)),
    "ISNUMBER": _is(lambda value: isinstance(value, float) and not isinstance(value, bool)),
    "VLOOKUP": _looked_up(across=False),
    "HLOOKUP": _looked_up(across=True),
    "XLOOKUP": _x_lookup,
    "LOOKUP": _lookup,
    "MATCH": _match,
    "INDEX": _index,
    "HYPERLINK": lambda arguments, one: one(arguments[-1]),
    "SUM": lambda arguments, one: sum(_numbers(arguments)),
    "MIN": lambda arguments, one: min(_numbers(arguments), default=0.0),
    "MAX": lambda arguments, one: max(_numbers(arguments), default=0.0),
    "COUNT": lambda arguments, one: float(len(_numbers(arguments))),
    "COUNTA": lambda arguments, one: float(sum(value is not Blank for value in _flat(arguments))),
    "AVERAGE": lambda arguments, one: sum(values) / len(values) if (values := _numbers(arguments)) else 0.0,
    "ROUND": _rounded,
    "INT": lambda arguments, one: float(number(one(arguments[0])) // 1),
    "ABS": lambda arguments, one: abs(number(one(arguments[0]))),
    "MOD": lambda arguments, one: number(one(arguments[0])) % number(one(arguments[1])),
    "ROW": lambda arguments, one: float(arguments[0].top) if isinstance(arguments[0], Grid) else 0.0,
    "COLUMN": lambda arguments, one: float(arguments[0].left) if isinstance(arguments[0], Grid) else 0.0,
}
"""What is worked out, by name; the second argument makes one value of a range."""

Told = Value | Unknown
Lazily = Callable[[Sequence[Told], One], Value]


def _known(value: Told) -> Value:
    if isinstance(value, Unknown):
        raise value
    return value


def _if(values: Sequence[Told], one: One) -> Value:
    """Where it cannot be told which branch is taken, both may be what is shown."""
    if isinstance(values[0], Unknown) and not isinstance(values[0], Fault):
        return " / ".join(text(one(_known(value))) for value in values[1:3])
    holds = bool(number(one(_known(values[0]))))
    return _known(values[1]) if holds else _known(values[2]) if len(values) > 2 else False


def _ifs(values: Sequence[Told], one: One) -> Value:
    for at in range(0, len(values) - 1, 2):
        if number(one(_known(values[at]))):
            return _known(values[at + 1])
    raise Unknown


def _switch(values: Sequence[Told], one: One) -> Value:
    wanted = one(_known(values[0]))
    for at in range(1, len(values) - 1, 2):
        if _same(wanted, one(_known(values[at]))):
            return _known(values[at + 1])
    if len(values) % 2:
        raise Unknown
    return _known(values[-1])


def _if_error(values: Sequence[Told], one: One) -> Value:
    if isinstance(values[0], Fault):
        return _known(values[1])
    return _known(values[0])


LAZY: dict[str, Lazily] = {
    "IF": _if,
    "IFS": _ifs,
    "SWITCH": _switch,
    "IFERROR": _if_error,
    "IFNA": _if_error,
    "ISERROR": lambda values, one: isinstance(values[0], Fault) or (_known(values[0]) is None),
    "ISNA": lambda values, one: isinstance(values[0], Fault) or (_known(values[0]) is None),
    "CHOOSE": lambda values, one: _known(values[int(number(one(_known(values[0]))))]),
}
"""Functions of which only the branch that is taken need be known."""
