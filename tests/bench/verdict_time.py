"""What a verdict takes, in the real jail and screeners, whole process tree: files read before, long PDFs, a sheet that
names pupils, and letters while scans are read.

    python tests/bench/verdict_time.py [--rows 86000] [--only read-before,pdf,sheet,scans]

A roll of 1,500 invented pupils. CPU is user and system time of this process and everything under it; memory is the
largest of any one process. Wall times only mean something on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import csv
import io
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from dialogues.servekit import POLICY, ROLL, descendants
from reading_speed import report
from schoolroll import enlarge

from mailguard.enrol.sources import load_source
from mailguard.model import Envelope, Outcome, Pupil
from mailguard.policy import load_policy
from mailguard.workers import Workers

TICK = os.sysconf("SC_CLK_TCK")
ENVELOPE = Envelope("office@oakfield.example", ("parent3@family.test",))


def letter(words: str, *files: tuple[str, str, bytes]) -> bytes:
    """A mail as an office writes it: text, and files in base64."""
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n".encode()]
    for name, kind, data in files:
        head = f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        body = base64.encodebytes(data).replace(b"\n", b"\r\n")
        parts.append(head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + body)
    inner = b"".join(b"--zq\r\n" + part + b"\r\n" for part in parts)
    head = "From: office@oakfield.example\r\nTo: parent3@family.test\r\nSubject: News\r\nMIME-Version: 1.0\r\n"
    return head.encode() + b"Content-Type: multipart/mixed; boundary=zq\r\n\r\n" + inner + b"--zq--\r\n"


def plain(number: int) -> bytes:
    head = f"From: office@oakfield.example\r\nTo: parent3@family.test\r\nSubject: Trip {number}\r\n\r\n"
    return f"{head}Dear family {number},\r\n\r\nThe trip leaves at nine on Friday.\r\n".encode()


def tree_cpu() -> float:
    """CPU seconds of this process and all under it, with those that have ended."""
    used = sum(os.times()[:4])
    for pid in descendants(os.getpid())[1:]:
        try:
            used += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:15])) / TICK
        except OSError:
            continue
    return used


class Peak:
    """The most memory that any one process under this one had, and which kind of process it was."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}

    async def watch(self) -> None:
        while True:
            for pid in descendants(os.getpid()):
                try:
                    command = Path(f"/proc/{pid}/cmdline").read_text()
                    status = Path(f"/proc/{pid}/status").read_text()
                except OSError:
                    continue
                kind = "reader" if "jail" in command else "screener" if "screener" in command else "this process"
                peak = int(status.partition("VmHWM:")[2].split()[0])
                self.most[kind] = max(self.most.get(kind, 0), peak >> 10)
            await asyncio.sleep(0.05)


@contextmanager
def timed(told: list[float]) -> Iterator[None]:
    begun = time.monotonic()
    yield
    told.append(1000 * (time.monotonic() - begun))


def percentiles(told: list[float]) -> str:
    ranked = sorted(told)
    return f"p50 {statistics.median(ranked):.0f} ms, p95 {ranked[int(0.95 * (len(ranked) - 1))]:.0f} ms"


async def read_before(workers: Workers, count: int) -> None:
    """The same attachment to many families, each letter with words of its own."""
    data = report(2, False) + b"".join(b"%%%b\n" % random.Random(n).randbytes(30).hex().encode() for n in range(700))
    file = ("report.pdf", "application/pdf", data)
    mails = [letter(f"Dear family {number}, see the report.", file) for number in range(count + 30)]
    for mail in mails[count:]:
        await workers.screen(mail, ENVELOPE)
    for at_once in (1, 10):
        begun, walls = tree_cpu(), list[float]()
        for first in range(0, count, at_once):
            with timed(walls):
                await asyncio.gather(*(workers.screen(mail, ENVELOPE) for mail in mails[first : first + at_once]))
        used = 1000 * (tree_cpu() - begun) / count
        size = f"{len(mails[0]) >> 10} KB"
        print(f"files read before ({size}), {at_once} at once: {used:.2f} ms of CPU a message, {percentiles(walls)}")
    begun = tree_cpu()
    for number in range(count):
        await workers.screen(plain(number), ENVELOPE)
    print(f"for comparison, a plain letter alone: {1000 * (tree_cpu() - begun) / count:.2f} ms of CPU")


async def long_pdfs(workers: Workers, count: int) -> None:
    for name, ruled in (("no rulings", False), ("ruled", True)):
        data = report(20, ruled)
        begun, walls = tree_cpu(), list[float]()
        for number in range(count):  # a byte behind the end: another file each time
            file = ("report.pdf", "application/pdf", data + b"%%%d\n" % number)
            with timed(walls):
                await workers.screen(letter("Dear family", file), ENVELOPE)
        used = 1000 * (tree_cpu() - begun) / count
        print(f"PDF of 20 pages, {name}: verdict {percentiles(walls)}, {used:.0f} ms of CPU")


def sheet(folder: Path, rows: int) -> bytes:
    """A sheet of so many rows and 12 columns, each of them about a pupil of the roll."""
    import openpyxl

    with (folder / "pupils.csv").open(encoding="utf-8") as file:
        pupils = list(csv.DictReader(file))
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("All")
    heads = "Surname Forename DOB UPN Year Reg House Attendance English Maths Science Note"
    page.append(heads.split())
    for n in range(rows):
        one = pupils[n % len(pupils)]
        year, month, day = one["date_of_birth"].split("-")
        about = one["surname"], one["forename"], f"{day}/{month}/{year}", one["upn"], one["year_group"]
        page.append([*about, one["registration_group"], "Red", 94.2, n % 9, n % 8, n % 7, "works well in class"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def long_sheet(workers: Workers, folder: Path, rows: int) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    mail = letter("Please see the list.", ("all.xlsx", kind, sheet(folder, rows)))
    peak, begun = Peak(), tree_cpu()
    watching = asyncio.ensure_future(peak.watch())
    walls: list[float] = []
    with timed(walls):
        screened = await workers.screen(mail, ENVELOPE)
    watching.cancel()
    assert screened.verdict.outcome is Outcome.HOLD
    memory = ", ".join(f"{kind} {most} MB" for kind, most in peak.most.items())
    print(
        f"sheet of {rows} x 12, a pupil a row ({len(mail) >> 10} KB): read {screened.read_seconds:.1f} s, judged "
        f"{screened.screen_seconds:.1f} s, {tree_cpu() - begun:.1f} s of CPU; peak {memory}; "
        f"unreadable: {[place.detail for place in screened.verdict.unreadable]}"
    )


async def scans_beside_letters(workers: Workers, seconds: float) -> None:
    """Ten letters a second, alone and while scans are read one after the other."""
    import scans

    pupil = Pupil("OAK", "1", "Annabel", "Quillfeather", date(2014, 3, 9), upn="H801200001001")
    pages = [scans.scan(scans.paper(random.Random(n), [pupil], "letter").pdf, 200) for n in range(4)]
    files = []
    for page in pages:
        out = io.BytesIO()
        page.save(out, "PNG")
        files.append(out.getvalue())
    await workers.start_pictures()

    async def letters() -> list[float]:
        walls: list[float] = []

        async def one(number: int) -> None:
            with timed(walls):
                await workers.screen(plain(number), ENVELOPE)

        async with asyncio.TaskGroup() as group:
            for number in range(int(10 * seconds)):
                group.create_task(one(number))
                await asyncio.sleep(0.1)
        return sorted(walls)

    async def read_scans(told: list[float]) -> None:
        for number in range(1000):
            file = ("scan.png", "image/png", files[number % len(files)] + b"%d" % number)
            with timed(told):
                await workers.screen(letter("Dear family", file), ENVELOPE)

    quiet = await letters()
    begun, told = tree_cpu(), list[float]()
    reading = asyncio.ensure_future(read_scans(told))
    beside = await letters()
    reading.cancel()
    used = (tree_cpu() - begun) / max(len(told), 1)
    last = int(0.99 * (len(quiet) - 1))
    print(
        f"letters alone p99 {quiet[last]:.1f} ms, while scans are read {beside[last]:.1f} ms (ratio "
        f"{beside[last] / quiet[last]:.2f}); {len(told)} scans of a page in {seconds:.0f} s, {used:.1f} s of CPU each"
    )


async def run(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in ROLL.items():
            (folder / file).write_text(text, encoding="utf-8")
        enlarge(folder, 1500)
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        workers = Workers()
        await workers.start(load_source(folder).roll, load_policy(folder / "policy.toml"))
        try:
            if "read-before" in options.only:
                await read_before(workers, 300)
            if "pdf" in options.only:
                await long_pdfs(workers, 20)
            if "sheet" in options.only:
                await long_sheet(workers, folder, options.rows)
            if "scans" in options.only:
                await scans_beside_letters(workers, 10)
        finally:
            await workers.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=86_000)
    parser.add_argument("--only", default="read-before,pdf,sheet,scans")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
