"""The table of formats and hiding places: what mailguard reads beside plain libraries and two well-known extractors.

    python tests/bench/hiding_places.py            # writes the table into tests/documents/README.md

Every document of tests/documents is read by each in turn. markitdown, kreuzberg, python-docx and python-pptx are used
where they are installed (they are no part of mailguard); a column that could not be run says so.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import io
import logging
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from documents import (
    handmade_pdf,
    handmade_rtf,
    handmade_sheet,
    handmade_slides,
    handmade_word,
    odd_files,
    odd_office,
    test_hiding_places,
)

from mailguard.extract import read_file

README = Path(__file__).parents[1] / "documents" / "README.md"
START, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
HANDMADE = {
    "marks.docx": (handmade_word.document, handmade_word.PLACES),
    "marks.xlsx": (handmade_sheet.workbook, handmade_sheet.PLACES),
    "marks.pptx": (handmade_slides.presentation, handmade_slides.PLACES),
    "marks.pdf": (handmade_pdf.document, handmade_pdf.PLACES),
    "marks.rtf": (handmade_rtf.document, handmade_rtf.PLACES),
}


@dataclass(frozen=True)
class Case:
    """A marker in a place of a document; `marker` is None where nothing can be read and all must be reported."""

    name: str
    data: bytes = field(repr=False)
    place: str
    marker: str | None

    @property
    def by_program(self) -> bool:
        """Whether a real program saved the file."""
        return self.place.endswith("saved by a program")

    @property
    def form(self) -> str:
        """The format, by the ending of the name."""
        return self.name.rpartition(".")[2]


def cases() -> Iterator[Case]:
    for name, (make, places) in HANDMADE.items():
        data = make()
        for place, marker in places.items():
            yield Case(name, data, place, marker)
    for form, place, parts in odd_office.CASES:
        yield Case(f"plain.{form}", odd_office.document(form, parts), place, odd_office.NAME)
    for name, data in test_hiding_places.ODD:
        yield Case(name, data, name.rpartition(".")[0], odd_files.NAME)
    for name, markers in test_hiding_places.SAVED.items():
        path = test_hiding_places.REAL / name
        data = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(f"{name}.gz").read_bytes())
        for marker in sorted(markers):
            yield Case(name, data, f"{marker}, saved by a program", f"qx{marker}")
    for name, data in test_hiding_places.REPORTED.items():
        yield Case(name, data, name.rpartition(".")[0], None)


def plainly(text: str) -> str:
    return re.sub(r"[\s|]+", " ", text).lower()


def by_mailguard(case: Case) -> tuple[str, bool]:
    reading = read_file(case.data, case.name)
    return "\n".join(segment.text for segment in reading.segments), bool(reading.unreadable)


def by_plain_library(case: Case) -> str:
    stream = io.BytesIO(case.data)
    if case.form == "pdf":
        import pdfplumber

        with pdfplumber.open(stream) as document:
            return "\n".join(page.extract_text() or "" for page in document.pages)
    if case.form == "xlsx":
        import openpyxl

        book = openpyxl.load_workbook(stream, data_only=True)
        cells = (cell for sheet in book for _, cell in sorted(sheet._cells.items()))
        return "\n".join(str(cell.value) for cell in cells if cell.value is not None)
    if case.form == "docx":
        import docx

        document = docx.Document(stream)
        rows = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
        return "\n".join((*(paragraph.text for paragraph in document.paragraphs), *rows))
    if case.form == "pptx":
        import pptx

        shapes = (shape for slide in pptx.Presentation(stream).slides for shape in slide.shapes)
        return "\n".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)
    if case.form == "xls":
        import xlrd

        book = xlrd.open_workbook(file_contents=case.data)
        return "\n".join(str(cell.value) for sheet in book for row in sheet.get_rows() for cell in row)
    if case.form in ("html", "txt", "xml", "svg", "ics", "slk", "dif", "asc", "crt", "sig", "mbox", "emlx"):
        return re.sub(r"<[^>]*>", "", case.data.decode("utf-8", "replace"))
    raise LookupError("no plain library for this format")


def by_markitdown() -> Callable[[Case], str]:
    from markitdown import MarkItDown

    converter = MarkItDown()
    return lambda case: converter.convert_stream(io.BytesIO(case.data), file_extension=f".{case.form}").text_content


def by_kreuzberg() -> Callable[[Case], str]:
    import mimetypes

    import kreuzberg

    def read(case: Case) -> str:
        kind = mimetypes.guess_type(case.name)[0] or "application/octet-stream"
        return str(kreuzberg.extract_bytes_sync(case.data, mime_type=kind).content)

    return read


def others() -> dict[str, Callable[[Case], str]]:
    """The other readers that can be run here, by the head of their column."""
    found: dict[str, Callable[[Case], str]] = {"plain library": by_plain_library}
    for name, make in (("markitdown", by_markitdown), ("kreuzberg", by_kreuzberg)):
        try:
            found[f"{name} {importlib.metadata.version(name)}"] = make()
        except (ImportError, importlib.metadata.PackageNotFoundError):
            print(f"{name} is not installed: its column is left out", file=sys.stderr)
    return found


def hit(text: str, marker: str) -> bool:
    # Rows with their heads are how mailguard shows a cell; for others the cell's own text is enough.
    return plainly(marker) in plainly(text)


@dataclass(frozen=True)
class Result:
    """Counts by format and reader: places, read, and (mailguard) reported or (others) read in files of programs."""

    table: dict[str, dict[str, list[int]]]
    heads: list[str]
    gaps: list[str]
    by_program: list[int]


def run() -> Result:
    readers = others()
    heads = ["mailguard", *readers]
    table: dict[str, dict[str, list[int]]] = defaultdict(lambda: {head: [0, 0, 0] for head in heads})
    gaps: list[str] = []
    by_program = [0, 0]
    for case in cases():
        text, reported = by_mailguard(case)
        row = table[case.form]
        read = case.marker is not None and hit(text, case.marker)
        row["mailguard"][0] += 1
        row["mailguard"][1] += read
        row["mailguard"][2] += not read and reported
        by_program[0] += case.by_program
        by_program[1] += case.by_program and read
        if not read and not reported:
            gaps.append(f"{case.name}: {case.place}")
        for head, reader in readers.items():
            row[head][0] += 1
            if case.marker is None:
                continue
            try:
                found = reader(case)
            except BaseException as error:  # what others make of odd files is not our concern, but it is no reading
                if isinstance(error, KeyboardInterrupt):
                    raise
                continue
            last = case.marker.rpartition(": ")[2]
            row[head][1] += hit(found, last)
            row[head][2] += hit(found, last) and case.by_program
    return Result(table, heads, gaps, by_program)


def shown(result: Result) -> str:
    table, heads, gaps = result.table, result.heads, result.gaps
    lines = [
        "| format | places | mailguard reads | mailguard reports | " + " | ".join(heads[1:]) + " |",
        "|---|---|---|---|" + "---|" * (len(heads) - 1),
    ]
    total = {head: [0, 0, 0] for head in heads}
    for form in sorted(table, key=lambda form: (-table[form]["mailguard"][1], form)):
        row = table[form]
        for head in heads:
            total[head] = [a + b for a, b in zip(total[head], row[head], strict=True)]
        own = row["mailguard"]
        lines.append(f"| {form} | {own[0]} | {own[1]} | {own[2]} | {' | '.join(str(row[h][1]) for h in heads[1:])} |")
    own = total["mailguard"]
    cells = " | ".join(f"**{total[head][1]}**" for head in heads[1:])
    lines.append(f"| **all {len(table)}** | **{own[0]}** | **{own[1]}** | **{own[2]}** | {cells} |")
    cells = " | ".join(str(total[head][2]) for head in heads[1:])
    lines.append(
        f"| of these in files saved by programs | {result.by_program[0]} | {result.by_program[1]} | 0 | {cells} |"
    )
    lines += ["", f"Neither read nor reported by mailguard: {', '.join(gaps) or 'none'}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the table instead of writing it")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    text = shown(run())
    if options.print:
        print(text)
        return
    page = README.read_text(encoding="utf-8")
    head, _, rest = page.partition(START)
    README.write_text(f"{head}{START}{text}{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
