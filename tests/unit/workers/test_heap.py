"""The heap of a fork server: laid out, its children begin on untouched pages and compute what they did before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mailguard.workers import heap

_PROBE = """
import json, os, resource, sys
from mailguard.workers import heap

litter = [bytearray(size) for size in range(100, 40_000, 7)]
del litter[::2]  # gaps everywhere
laid_out = heap.settle()
end = heap._end()
reader, writer = os.pipe()
if os.fork() == 0:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    if laid_out and sys.argv[1] == "afresh":
        heap.start_afresh()
    block = heap._libc.malloc(1 << 20)
    made = [bytes([n % 251]) * (n * 13 % 30_000) for n in range(200)]
    heap._libc.free(block)
    told = {"laid_out": laid_out, "block": block, "end": end, "sum": sum(map(sum, made)), "kept": sum(map(len, litter))}
    os.write(writer, json.dumps(told).encode())
    os._exit(0)
os.wait()
print(os.read(reader, 4096).decode())
"""


def _probe(how: str) -> dict[str, int]:
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    run = subprocess.run(
        [sys.executable, "-c", _PROBE, how], env=environment, capture_output=True, text=True, check=True
    )
    told: dict[str, int] = json.loads(run.stdout)
    return told


def test_a_child_begins_on_untouched_pages_of_the_fresh_piece() -> None:
    told = _probe("afresh")

    assert told["laid_out"]
    assert told["block"] % (2 << 20) == 0
    assert 0 < told["end"] - told["block"] <= 16 << 20


def test_what_is_computed_is_the_same() -> None:
    laid_out, plain = _probe("afresh"), _probe("as it is")

    assert laid_out["sum"] == plain["sum"]
    assert laid_out["kept"] == plain["kept"] == sum(range(107, 40_000, 14))


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_libc", SimpleNamespace())

    assert heap.settle() is False
