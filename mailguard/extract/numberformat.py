"""Numbers of sheets as a person sees them: date masks, leading zeros, long numbers without exponent.

ECMA-376 part 1, 18.8.31. A cell stores 7700900123 and shows "07700900123", stores 41712 and shows "14/03/2014"; only
what is shown matches the roll. Where what is shown leaves something out, the plain value is given beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

BUILT_IN: dict[int, str] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "dd/mm/yyyy h:mm", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""Formats that a file names by number alone; 14 and 22 as a British machine shows them."""
BUILT_IN |= dict.fromkeys((27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58), "dd/mm/yyyy")

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_(?:.)|\*(?:.)|\[([^\]]*)\]|(AM/PM|A/P|am/pm|General)|(y+|m+|d+|h+|s+|e+(?![+-]))|(.)',
    re.IGNORECASE | re.DOTALL,
)
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - dates of a sheet have no time zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_SERIAL = 2_958_466


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a mask: `kind` is text, date or mark (a digit place or other sign)."""

    kind: str
    text: str


Renderer = Callable[[float], tuple[str, str]]


def plain(value: float) -> str:
    """Return a number without exponent and without ".0"."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == int(value):
        return str(int(value))
    text = format(value, ".15g")
    return format(value, ".15f").rstrip("0").rstrip(".") if "e" in text else text


@lru_cache(maxsize=512)
def renderer(mask: str, date1904: bool = False) -> Renderer | None:
    """Return a function from a number to (what is shown, other spellings), None where the plain number is shown."""
    sections = [_tokens(section) for section in _sections(mask)]
    if all(_is_general(section) for section in sections):
        return None

    if len(sections) == 1 and all(token == Token("mark", "0") for token in sections[0]):
        return _zeros(len(sections[0]))

    @lru_cache(maxsize=4096)
    def render(value: float) -> tuple[str, str]:
        section = sections[0]
        magnitude = value
        if value < 0 and len(sections) > 1:
            section, magnitude = sections[1], -value
        elif value == 0 and len(sections) > 2:
            section = sections[2]
        if any(token.kind == "date" for token in section):
            return _show_date(section, value, date1904)
        shown = _show_number(section, magnitude)
        bare = plain(value)
        return (shown, bare) if shown and _digits(shown) != _digits(bare) else (shown or bare, "")

    return render


def _zeros(width: int) -> Renderer:
    """The commonest mask of all, that of phone numbers and numbers of pupils: so many digits at least."""

    def render(value: float) -> tuple[str, str]:
        bare = str(round(value))
        shown = "-" + bare[1:].zfill(width) if value < 0 else bare.zfill(width)
        return shown, (plain(value) if plain(value) != shown else "")

    return render


def date_of(serial: float, date1904: bool = False) -> datetime | None:
    """Return the moment that a sheet's serial number stands for, None outside its calendar."""
    if not 0 <= serial < _LAST_SERIAL:
        return None
    epoch = _EPOCH_1904 if date1904 else _EPOCH_1900
    if not date1904 and 0 < serial < 60:
        serial += 1
    return epoch + timedelta(seconds=round(serial * 86400))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _sections(mask: str) -> list[str]:
    sections: list[str] = []
    current: list[str] = []
    quoted = skip = False
    for character in mask:
        if skip:
            skip = False
        elif character == "\\" and not quoted:
            skip = True
        elif character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            sections.append("".join(current))
            current = []
            continue
        current.append(character)
    return [*sections, "".join(current)]


def _tokens(section: str) -> list[Token]:
    tokens: list[Token] = []
    for match in _TOKEN.finditer(section):
        quoted, escaped, bracket, word, letters, other = match.groups()
        if quoted is not None or escaped is not None:
            tokens.append(Token("text", quoted if quoted is not None else escaped))
        elif bracket is not None:
            if re.fullmatch(r"h+|m+|s+", bracket, re.IGNORECASE):
                tokens.append(Token("date", "[" + bracket.lower()))
            elif bracket.startswith("$") and (currency := bracket[1:].split("-")[0]):
                tokens.append(Token("text", currency))
        elif word is not None:
            tokens.append(Token("mark", "General") if word == "General" else Token("date", "AM/PM"))
        elif letters is not None:
            tokens.append(Token("date", letters.lower().replace("e", "y")))
        elif other is not None:
            tokens.append(Token("mark", other))
    return tokens


def _is_general(section: list[Token]) -> bool:
    marks = "".join(token.text for token in section if token.kind == "mark")
    if any(token.kind == "date" or token.text.strip() for token in section if token.kind != "mark"):
        return False
    return marks in ("General", "@", "0", "#")


def _show_date(section: list[Token], value: float, date1904: bool) -> tuple[str, str]:
    moment = date_of(value, date1904)
    if moment is None:
        return plain(value), ""
    parts: list[str] = []
    twelve = any(token.text == "AM/PM" for token in section)
    for index, token in enumerate(section):
        if token.kind != "date":
            parts.append("" if token.text == "@" else token.text)
        else:
            parts.append(_date_part(section, index, moment, value, twelve))
    shown = "".join(parts).strip()
    letters = {token.text[0] for token in section if token.kind == "date"}
    if not letters & {"y", "d"}:
        return shown, ""
    others = [moment.strftime("%d/%m/%Y"), moment.strftime("%Y-%m-%d")]
    return shown, ", ".join(other for other in others if other not in shown)


def _date_part(section: list[Token], index: int, moment: datetime, value: float, twelve: bool) -> str:
    text = section[index].text
    letter, size = text[0], len(text)
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    if letter == "[":
        unit = {"h": 24, "m": 1440, "s": 86400}[text[1]]
        return str(int(value * unit + 1e-6))
    if text == "AM/PM":
        return "AM" if moment.hour < 12 else "PM"
    if letter == "y":
        return f"{moment.year % 100:02d}" if size <= 2 else f"{moment.year:04d}"
    if letter == "d":
        names = {3: _DAYS[moment.weekday()][:3]}
        return _padded(moment.day, size) if size <= 2 else names.get(size, _DAYS[moment.weekday()])
    if letter == "h":
        return _padded(hour, size)
    if letter == "s":
        return _padded(moment.second, size)
    if _is_minutes(section, index):
        return _padded(moment.minute, size)
    month = _MONTHS[moment.month - 1]
    return _padded(moment.month, size) if size <= 2 else {3: month[:3], 5: month[0]}.get(size, month)


def _is_minutes(section: list[Token], index: int) -> bool:
    dates = [(i, token.text[-1]) for i, token in enumerate(section) if token.kind == "date" and token.text != "AM/PM"]
    at = next(position for position, (i, _) in enumerate(dates) if i == index)
    before = dates[at - 1][1] if at else ""
    after = dates[at + 1][1] if at + 1 < len(dates) else ""
    return before == "h" or after == "s"


def _padded(number: int, size: int) -> str:
    return f"{number:02d}" if size >= 2 else str(number)


def _show_number(section: list[Token], value: float) -> str:
    marks = "".join(token.text for token in section if token.kind == "mark")
    if "E+" in marks or "E-" in marks or "/" in marks or "General" in marks or "@" in marks:
        texts = "".join(token.text for token in section if token.kind == "text")
        return (
            plain(value)
            if not texts or "E" in marks
            else "".join(plain(value) if token.text in ("General", "@") else token.text for token in section)
        )
    if not any(mark in marks for mark in "0#?"):
        return "".join(token.text for token in section).strip()
    value *= 100 ** marks.count("%")
    whole, _, decimals = marks.partition(".")
    places = sum(decimals.count(mark) for mark in "0#?")
    digits, _, fraction = f"{abs(value):.{places}f}".partition(".")
    wanted = len(re.findall(r"0(?=[^.]*$)|0", whole))
    grouped = bool(re.search(r"[0#?],+[0#?]", whole))
    if grouped:
        digits = f"{int(digits):,}"
    sign = "-" if value < 0 else ""
    return (sign + _fill(section, digits.zfill(wanted) if not grouped else digits, fraction)).strip()


def _fill(section: list[Token], digits: str, fraction: str) -> str:
    """Put digits into the places of a mask from the right; what is left over goes before the first place."""
    parts: list[str] = []
    seen_point = False
    integer = list(section)
    point = next((i for i, token in enumerate(section) if token == Token("mark", ".")), len(section))
    places = [i for i in range(point) if integer[i].kind == "mark" and integer[i].text in "0#?"]
    if "," in digits:
        held = {places[0]: digits} | dict.fromkeys(places[1:], "")
    else:
        held = {}
        left = digits
        for i in reversed(places):
            left, held[i] = left[:-1], left[-1:]
        if places:
            held[places[0]] = left + held[places[0]]
    for i, token in enumerate(section):
        if i in held:
            parts.append(held[i])
        elif i == point:
            seen_point = True
            parts.append("." + fraction if fraction else "")
        elif token.kind == "mark" and token.text in "0#?," and (seen_point or token.text == ","):
            continue
        else:
            parts.append(token.text)
    return "".join(parts)
