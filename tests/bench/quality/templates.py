"""Templates of mail: plain text files of many short blocks, filled with the facts of one pupil.

    ## family/leak            the block's family, and whether its text is the leak or the innocent twin
    @kinds text pdf           what it may be sent as (text html pdf docx xlsx csv zip fwd eml broken,
                              and what the half's layouts add)
    @file Care plan {first}   name of the attachment, without ending
    @weak                     a leak without number or full name + attribute in a family that has them
    @turned                   its tables stand on their sides
    @classmates               those on it are of the pupil's class
    @among                    a leak of a list to the family of one on it
    @rows 8-20                how many other pupils the starred lines are repeated for
    Subject: Medication       may hold the same words in braces as the body

    The body. [[Hello|Dear all]] picks one; {full} is a fact of the pupil, {2.full} of the second pupil.
    : Label : value           a line of a form
    | Head | Head             a line of a table
    |* {last} | {dob}         a line of a table for every row pupil; `*` alone does so for a line of text

Every line is a paragraph of its own, save in kind `broken`: a text body whose lines break as they do here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("text", "html", "pdf", "docx")


@dataclass(frozen=True)
class Template:
    """One block of a template file."""

    family: str
    leak: bool
    number: int
    subject: str
    body: str
    kinds: tuple[str, ...] = KINDS
    file: str = ""
    rows: tuple[int, int] = (0, 0)
    options: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The template's name in reports."""
        return f"{self.family}/{'leak' if self.leak else 'twin'}-{self.number}"


@dataclass
class Para:
    """A paragraph."""

    text: str


@dataclass
class Form:
    """Labels and values, one below the other."""

    lines: list[tuple[str, str]]


@dataclass
class Table:
    """Rows of cells, the first being the heads."""

    rows: list[list[str]]


Block = Para | Form | Table


@dataclass
class Document:
    """A filled template: its blocks, and the name of the file it may travel in."""

    subject: str
    blocks: list[Block] = field(default_factory=list)
    file: str = ""
    raw: str = ""


def load(folder: Path, only: str = "") -> list[Template]:
    """Return all templates of a folder's text files whose names begin with `only`, in order."""
    found: list[Template] = []
    for path in sorted(folder.glob(f"{only}*.txt")):
        for block in re.split(r"(?m)^## ", path.read_text(encoding="utf-8"))[1:]:
            found.append(_parse(block, path.name, len(found)))
    return found


def _parse(block: str, file: str, number: int) -> Template:
    head, _, rest = block.partition("\n")
    family, _, side = head.strip().partition("/")
    if side not in ("leak", "twin"):
        raise ValueError(f"{file}: {head!r} says neither leak nor twin")
    options: dict[str, str] = {}
    while rest.startswith("@"):
        line, _, rest = rest.partition("\n")
        key, _, value = line[1:].partition(" ")
        options[key] = value.strip()
    if not rest.startswith("Subject:"):
        raise ValueError(f"{file}: {head!r} has no subject")
    subject, _, body = rest.partition("\n")
    low, _, high = options.pop("rows", "0-0").partition("-")
    return Template(
        family,
        side == "leak",
        number,
        subject.removeprefix("Subject:").strip(),
        body.strip("\n"),
        tuple(options.pop("kinds", " ".join(KINDS)).split()),
        options.pop("file", ""),
        (int(low), int(high)),
        frozenset(options),
    )


Facts = Callable[[str, int | None], str]  # (name of the fact, which row pupil or None for the pupil) -> value


def fill(template: Template, facts: Facts, rows: int, choose: Callable[[list[str]], str]) -> Document:
    """Return the template filled with facts, starred lines repeated for each of `rows` pupils."""

    def words(text: str, row: int | None = None) -> str:
        text = re.sub(r"\[\[(.*?)\]\]", lambda m: choose(m[1].split("|")), text, flags=re.S)
        return re.sub(r"\{([^{}]+)\}", lambda m: facts(m[1], row), text)

    if "repeat" in template.options:  # a slip for each pupil, one below the other
        text = "\n\n".join(words(template.body, row) for row in range(rows))
    else:
        lines: list[str] = []
        for line in template.body.split("\n"):
            star = re.match(r"(\|?)\*\s?(.*)", line)
            lines += [star[1] + words(star[2], row) for row in range(rows)] if star else [line]
        text = words("\n".join(lines))
    return Document(words(template.subject), blocks(text), words(template.file), text)


def blocks(text: str) -> list[Block]:
    """Return the blocks of a filled body."""
    made: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        for line in paragraph.split("\n"):
            if line.startswith("|"):
                row = [cell.strip() for cell in line[1:].split("|")]
                if made and isinstance(made[-1], Table):
                    made[-1].rows.append(row)
                else:
                    made.append(Table([row]))
            elif line.startswith(":"):
                label, _, value = line[1:].partition(" : ")
                pair = (label.strip(), value.strip())
                if made and isinstance(made[-1], Form):
                    made[-1].lines.append(pair)
                else:
                    made.append(Form([pair]))
            elif line.strip():
                made.append(Para(line.strip()))
    return made
