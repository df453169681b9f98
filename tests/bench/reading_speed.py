"""How fast documents are read, beside pdftotext and bare pdfplumber; a long sheet read and judged; all in one run.

    python tests/bench/reading_speed.py [--rows 86000]

Needs pdftotext (poppler-utils). Times are CPU (user and system), the best of several rounds, each reader in turn.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

SUBJECTS = [
    "English",
    "Mathematics",
    "Science",
    "History",
    "Geography",
    "French",
    "Art",
    "Music",
    "Computing",
    "Drama",
    "Games",
]
COMMENT = (
    "Zara has worked with growing confidence this term. She should now aim to extend her answers in writing, to read "
    "widely at home and to check her working before she hands it in. "
)


def report(pages: int, ruled: bool) -> bytes:
    """A school report: a head of labels and values, then subjects with comments."""
    text = getSampleStyleSheet()["BodyText"]
    flow: list[object] = []
    for page in range(pages):
        flow.append(Paragraph("Name: Zara Quill &nbsp; Form: 7C &nbsp; Date of birth: 28/10/2013", text))
        if ruled:
            rows = [["Subject", "Grade", "Effort", "Comment"]]
            rows += [[s, "B", "2", Paragraph(COMMENT, text)] for s in SUBJECTS]
            flow.append(Table(rows, colWidths=[80, 40, 40, 300], style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))
        else:
            for subject in SUBJECTS:
                flow += [Paragraph(f"{subject}: grade B, effort 2", text), Paragraph(COMMENT, text), Spacer(1, 4)]
        if page + 1 < pages:
            flow.append(PageBreak())
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4).build(flow)
    return out.getvalue()


def cpu(run: Callable[[], object], rounds: int, children: bool = False) -> float:
    """Return the least CPU milliseconds of several rounds, of this process or of the children it waits for."""
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    best = float("inf")
    for _ in range(rounds):
        before = resource.getrusage(who)
        run()
        after = resource.getrusage(who)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best * 1000


def by_pdftotext(path: Path) -> None:
    subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, stdout=subprocess.DEVNULL)


def by_pdfplumber(data: bytes) -> None:
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            page.extract_text()


def compare(name: str, data: bytes, folder: Path, rounds: int) -> str:
    from mailguard.extract import read_file

    path = folder / "a.pdf"
    path.write_bytes(data)
    own = cpu(lambda: read_file(data, "a.pdf"), rounds)
    plain = cpu(lambda: by_pdfplumber(data), max(rounds // 2, 1))
    quick = cpu(lambda: by_pdftotext(path), rounds, children=True) if shutil.which("pdftotext") else float("nan")
    return f"| {name} | {own:.1f} | {quick:.1f} | {plain:.0f} | {own / quick:.2f} | {plain / own:.0f} |"


def sheet(rows: int) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("All")
    page.append(
        [
            "Surname",
            "Forename",
            "DOB",
            "UPN",
            "Year",
            "Reg",
            "House",
            "Attendance",
            "English",
            "Maths",
            "Science",
            "Note",
        ]
    )
    for n in range(rows):
        page.append(
            [
                *(f"Surname{n % 900}", f"Forename{n % 700}", f"{n % 28 + 1:02d}/03/2014", f"X{n:012d}", n % 7),
                *(f"{n % 7}A", "Red", 94.2, n % 9, n % 8, n % 7, "works well in class"),
            ]
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def judged(path: Path) -> None:
    """In a process of its own: read a sheet, judge it against a roll of 1,500; print seconds of CPU and peak MB."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from bench.schoolroll import enlarge
    from dialogues.servekit import POLICY, ROLL

    from mailguard.enrol.sources import load_source
    from mailguard.extract import read_file
    from mailguard.model import Envelope
    from mailguard.policy import load_policy
    from mailguard.screening import build_guard, screen

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in ROLL.items():
            (folder / file).write_text(text, encoding="utf-8")
        enlarge(folder, 1500)
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        guard = build_guard(load_source(folder).roll, load_policy(folder / "policy.toml"))
        data = path.read_bytes()
        start = time.process_time()
        reading = read_file(data, "all.xlsx")
        middle = time.process_time()
        screen(reading, Envelope("office@oakfield.example", ("parent3@family.test",)), guard)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{middle - start:.1f} {time.process_time() - middle:.1f} {peak:.0f} {len(reading.segments)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=86_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--judge", type=Path)
    options = parser.parse_args()
    if options.judge:
        judged(options.judge)
        return
    from mailguard.extract import warm

    warm()
    print(
        "| document | mailguard ms | pdftotext ms | pdfplumber ms | to pdftotext | pdfplumber to it |\n"
        "|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, data in (
            ("report of two pages, no rulings", report(2, False)),
            ("page with a ruled table of wrapped cells", report(1, True)),
            ("report of 20 pages, no rulings", report(20, False)),
            ("report of 20 pages, ruled", report(20, True)),
        ):
            print(compare(title, data, folder, options.rounds), flush=True)
        path = folder / "all.xlsx"
        path.write_bytes(sheet(options.rows))
        command = [sys.executable, __file__, "--judge", str(path)]
        out = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ}).stdout.split()
        print(
            f"\nA sheet of {options.rows} x 12: read {out[0]} s, judged {out[1]} s of CPU, "
            f"peak {out[2]} MB, {out[3]} rows."
        )


if __name__ == "__main__":
    main()
