"""What stands in for a Prometheus: answers the HTTP API with made-up figures, or misbehaves as it is told to."""

from __future__ import annotations

import json
import math
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LABELS = {
    "rule": ["other-family", "unknown-recipient", "barred-contact", "unreadable"],
    "strength": ["record", "mention"],
    "verdict": ["deliver", "hold", "mixed"],
    "mode": ["enforce", "observe"],
    "action": ["release", "refuse"],
    "reason": ["wrong-recipient", "harmless"],
    "stage": ["receive", "read", "screen", "settle", "deliver"],
    "state": ["received", "queued", "held"],
    "result": ["sent", "deferred", "failed"],
    "instance": ["relay-a:9125", "relay-b:9125"],
    "version": ["0.1.0"],
}


class Prometheus:
    """`with Prometheus(schools) as it`: `it.url`; `it.mood` is how it answers; `it.asked` holds the fields of every
    request. It selects by the school's label as the real one does, unless its mood is "leaky"."""

    def __init__(self, schools: list[str]) -> None:
        self.schools = schools
        self.mood = "fine"
        self.asked: list[dict[str, str]] = []
        self.release = threading.Event()
        house = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", 0))
                fields = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
                house.asked.append({"path": self.path, **fields})
                house.answer(self, fields)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Prometheus:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        status, headers = 200, {"content-type": "application/json"}
        body = json.dumps({"status": "success", "data": self._data(fields)}).encode()
        if self.mood == "hang":
            self.release.wait(120)
            return
        if self.mood == "refuse":
            status, body = 422, b'{"status":"error","errorType":"execution","error":"<b>ELM</b> is secret"}'
        elif self.mood == "page":
            status, body = 404, b"<h1>nothing here</h1>"
        elif self.mood == "garbage":
            body = b'{"status":"success","data":{"resultType":"matrix","result":[{"values":[["x"]]}]}}'
        elif self.mood == "packed":
            headers["content-encoding"] = "gzip"
        elif self.mood == "elsewhere":
            status, headers["location"] = 302, "http://elsewhere.example/"
        handler.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _data(self, fields: dict[str, str]) -> dict[str, Any]:
        expression, over = fields["query"], "start" in fields
        if self.mood == "empty":
            return {"resultType": "matrix" if over else "vector", "result": []}
        by = re.search(r"\bby \(([^)]*)\)", expression)
        one = re.match(r"(sum|max|min)\(", expression)  # taken together, whatever it was grouped by within
        names = [name.strip() for name in by[1].split(",") if name.strip() != "le"] if by and not one else []
        rows: list[dict[str, str]] = [{}]
        for name in names:
            values = self._schools_of(expression) if name == "school" else LABELS[name]
            rows = [{**row, name: value} for row in rows for value in values]
        if self.mood == "hostile":
            for row in rows:
                row.update(dict.fromkeys(names, '<script>alert(1)</script>\u202e"\x00' + "W" * 300))
            rows = rows[:1]
        result = [self._row(row, n, expression, fields if over else None) for n, row in enumerate(rows)]
        return {"resultType": "matrix" if over else "vector", "result": result}

    def _schools_of(self, expression: str) -> list[str]:
        found = re.search(r'school(=~?)"((?:[^"\\]|\\.)*)"', expression)
        if found is None or self.mood == "leaky":
            return self.schools
        text = found[2].replace("\\\\", "\\")
        return [one for one in self.schools if (re.fullmatch(text, one) if found[1] == "=~" else one == text)]

    def _row(self, labels: dict[str, str], n: int, expression: str, over: dict[str, str] | None) -> dict[str, Any]:
        size = 3600.0 * 5 if "seconds" in expression else 24.0
        size = 0.4 if "duration" in expression or "/" in expression else size

        def value(at: float) -> str:
            if self.mood == "nan":
                return "NaN" if at % 2400 < 1200 else "+Inf"
            return f"{size * (1.1 + math.sin(at / 9000 + n)) / (n + 1):.6g}"

        if over is None:
            return {"metric": labels, "value": [time.time(), value(time.time())]}
        start, end, step = (float(over[key]) for key in ("start", "end", "step"))
        points = [start + k * step for k in range(int((end - start) / step) + 1)]
        return {
            "metric": labels,
            "values": [[at, value(at)] for at in points if not (n == 0 and 0.5 < (at - start) / (end - start) < 0.55)],
        }
