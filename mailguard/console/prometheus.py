"""Asks a Prometheus, so that nothing it does or fails to do holds up a page or reaches one as an error.

Queries go out a few at a time; a page waits for all of them together no longer than `Patience.page`. What could not be
had is a `Fault`, a word of ours: what the other side says about itself is not shown to anybody. A server that does not
answer is left alone for a while, and only so many pages wait at one time; answers are kept for seconds."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from mailguard.observe import log_failure

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 8 << 20
MOST_SERIES = 500
_AT_ONCE = 4
_MOST_PAGES = 8
_KEPT = 256


class Fault(StrEnum):
    """Why there is no answer."""

    DOWN = "down"
    SLOW = "slow"
    REFUSED = "refused"
    GARBLED = "garbled"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to connect, for one answer, for all of a page; for how long an answer is kept, and a silent server is
    left alone."""

    connect: float = 2.0
    answer: float = 5.0
    page: float = 8.0
    kept: float = 15.0
    alone: float = 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a curve covers, in Unix seconds, and the distance of its points."""

    start: float
    end: float
    step: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A PromQL expression, over a span or (None) for now."""

    expression: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its labels, and (Unix seconds, value) in order; None where the value is not a number one can draw."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, possibly nothing; or why nothing could be."""

    series: tuple[Series, ...] = ()
    fault: Fault | None = None


class _Data(msgspec.Struct):
    kind: str = msgspec.field(name="resultType")
    result: msgspec.Raw


class _Told(msgspec.Struct):
    status: str
    data: _Data | None = None


class _Row(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


_told = msgspec.json.Decoder(_Told)
_rows = msgspec.json.Decoder(list[_Row])
_point = msgspec.json.Decoder(tuple[float, str])


def read_answer(data: bytes) -> Answer:
    """What an answer of the HTTP API (v1, `query` and `query_range`) holds."""
    try:
        told = _told.decode(data)
        if told.status != "success" or told.data is None:
            return Answer(fault=Fault.REFUSED)
        if told.data.kind == "scalar":
            return Answer((Series({}, (_number(*_point.decode(told.data.result)),)),))
        if told.data.kind not in ("matrix", "vector"):
            return Answer(fault=Fault.GARBLED)
        rows = _rows.decode(told.data.result)[:MOST_SERIES]
        return Answer(tuple(Series(one.metric, _points(one)) for one in rows))
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return Answer(fault=Fault.GARBLED)


def _points(row: _Row) -> tuple[tuple[float, float | None], ...]:
    return tuple(_number(at, text) for at, text in (row.values or ([row.value] if row.value else [])))


def _number(at: float, text: str) -> tuple[float, float | None]:
    value = float(text)
    return at, value if math.isfinite(value) else None


def _settled(future: Future[Answer]) -> Answer:
    """What a query that had its time has come to."""
    if future.cancel() or not future.done():
        return Answer(fault=Fault.SLOW)
    error = future.exception()
    if error is not None:
        log_failure(error, stage="console")
        return Answer(fault=Fault.GARBLED)
    return future.result()


class Prometheus:
    """One Prometheus, for all pages; usable from any thread."""

    def __init__(self, url: str, patience: Patience | None = None) -> None:
        """`url` is its address without a slash at the end."""
        self._url = url
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._pages = threading.BoundedSemaphore(_MOST_PAGES)
        self._pool = ThreadPoolExecutor(_AT_ONCE, "prometheus")
        self._client: httpx2.Client | None = None
        self._kept: OrderedDict[Asked, tuple[float, Answer]] = OrderedDict()
        self._alone_until = 0.0
        self._silent = 0

    def close(self) -> None:
        """End its threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            if self._client is not None:
                self._client.close()

    def ask(self, asked: Sequence[Asked]) -> list[Answer]:
        """An answer to each, in order, within the patience for one page."""
        found = {one: kept for one in asked if (kept := self._remembered(one)) is not None}
        missing = [one for one in dict.fromkeys(asked) if one not in found]
        if missing:
            found |= self._ask_now(missing)
        return [found[one] for one in asked]

    def _ask_now(self, missing: list[Asked]) -> dict[Asked, Answer]:
        if not self._pages.acquire(blocking=False):
            return dict.fromkeys(missing, Answer(fault=Fault.BUSY))
        try:
            until = time.monotonic() + self._patience.page
            futures = {one: self._pool.submit(self._one, one, until) for one in missing}
            wait(futures.values(), self._patience.page)
            return {one: _settled(future) for one, future in futures.items()}
        finally:
            self._pages.release()

    def _one(self, asked: Asked, until: float) -> Answer:
        now = time.monotonic()
        with self._lock:
            alone = now < self._alone_until
        if alone or now >= until:
            return Answer(fault=Fault.DOWN if alone else Fault.SLOW)
        answer = self._fetch(asked, min(until, now + self._patience.answer))
        with self._lock:
            self._silent = self._silent + 1 if answer.fault in (Fault.DOWN, Fault.SLOW) else 0
            if answer.fault is Fault.DOWN or self._silent >= _AT_ONCE:
                self._alone_until = time.monotonic() + self._patience.alone
            if answer.fault is None:
                self._kept[asked] = (time.monotonic() + self._patience.kept, answer)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return answer

    def _remembered(self, asked: Asked) -> Answer | None:
        with self._lock:
            until, answer = self._kept.get(asked, (0.0, None))
        return answer if time.monotonic() < until else None

    def _fetch(self, asked: Asked, until: float) -> Answer:
        import httpx2

        fields = {"query": asked.expression, "timeout": f"{self._patience.answer:g}s"}
        if asked.span is not None:
            fields |= {"start": f"{asked.span.start}", "end": f"{asked.span.end}", "step": f"{asked.span.step}"}
        path = "query" if asked.span is None else "query_range"
        try:
            with self._opened().stream("POST", f"{self._url}/api/v1/{path}", data=fields) as answer:
                if answer.headers.get("content-encoding", "identity") != "identity":
                    return Answer(fault=Fault.GARBLED)  # not asked for: it could unpack to anything
                data = bytearray()
                for chunk in answer.iter_raw():
                    data += chunk
                    if len(data) > MOST_BYTES:
                        return Answer(fault=Fault.GARBLED)
                    if time.monotonic() > until:
                        return Answer(fault=Fault.SLOW)
                # Its own refusals are 400, 422 and 503; anything else is a server of another kind.
                if answer.status_code not in (200, 400, 422, 503):
                    return Answer(fault=Fault.GARBLED)
                return read_answer(bytes(data))
        except (httpx2.NetworkError, httpx2.ConnectTimeout):
            return Answer(fault=Fault.DOWN)
        except httpx2.TimeoutException:
            return Answer(fault=Fault.SLOW)
        except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError):  # RuntimeError: closed while it was asked
            return Answer(fault=Fault.GARBLED)

    def _opened(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._client is None:
                self._client = httpx2.Client(
                    timeout=httpx2.Timeout(self._patience.answer, connect=self._patience.connect),
                    headers={"accept-encoding": "identity", "user-agent": "mailguard"},
                    follow_redirects=False,
                    trust_env=False,  # it stands where the configuration says, not behind a proxy
                )
            return self._client
