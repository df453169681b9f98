"""A mixed run of the whole relay, in processes of its own: a made-up trust's mail, a next server that takes some, puts
some off and refuses some (quoting whom), decisions by command, a roll and a policy that are refused."""

from __future__ import annotations

import json
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from dialogues.relaykit import Upstream
from dialogues.servekit import free_port
from unit.doctor.sitekit import Served

from mailguard.demo.build import Demo, write
from mailguard.demo.live import hand_in
from mailguard.model import Roll
from mailguard.store import write_key_file

CONFIG = """\
{schools}
[store]
url = "sqlite:///data/mailguard.db"
key_file = "key"
[receive]
listen = ["127.0.0.1:{port}"]
[deliver]
smart_host = "{upstream}"
tls = "none"
retry_schedule = ["1h"]
[roll]
source = "roll"
[policy]
file = "policy.toml"
[observe]
listen = "127.0.0.1:{observe}"
"""


def wait_for(what: str, true: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def _rcpt(line: str) -> str:
    """Some are put off and some refused, and the server says whose mail it was."""
    share = sum(line.encode()) % 7
    return {0: f"450 4.2.1 {line} is busy", 1: f"550 5.1.1 {line} is unknown here"}.get(share, "250 2.1.5 ok")


class Run:
    """`with Run(folder) as run`: everything has been sent and decided; the relay still runs."""

    def __init__(self, folder: Path, seed: int = 5) -> None:
        self.folder = folder
        self.seed = seed
        self.port, self.observe = free_port(), free_port()
        self.log = folder / "log"
        self.config = folder / "mailguard.toml"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.served = Served(Upstream(answers={"RCPT": _rcpt}))
        self.demo: Demo

    @property
    def roll(self) -> Roll:
        return self.demo.roll

    def metrics(self) -> str:
        return get(f"http://127.0.0.1:{self.observe}/metrics")

    def value(self, series: str) -> float:
        """The sum of all series that begin with this text."""
        return sum(float(line.rpartition(" ")[2]) for line in self.metrics().splitlines() if line.startswith(series))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mailguard", *words, "--config", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def start(self, *command: str, log: Path) -> None:
        with log.open("ab") as out:
            self.processes.append(subprocess.Popen(command, stdout=out, stderr=out))

    def __enter__(self) -> Run:
        try:
            self._run()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _run(self) -> None:
        self.demo = write(self.folder, self.seed)
        upstream = self.served.__enter__()
        (self.folder / "data").mkdir(mode=0o700)
        write_key_file(self.folder / "key")
        codes = sorted({pupil.school for pupil in self.roll.pupils})
        schools = "\n".join(f'[school.{code}]\noffice = "office@{code.lower()}.example"' for code in codes)
        self.config.write_text(
            CONFIG.format(schools=schools, port=self.port, upstream=upstream.address, observe=self.observe)
        )
        serve = (sys.executable, "-m", "mailguard", "serve", "--config", str(self.config))
        self.start(*serve, log=self.log)
        wait_for("the relay starts", lambda: b'"started"' in self.log.read_bytes())

    def send(self) -> int:
        """Hand in everything, in both directions of luck; returns how many messages were accepted."""
        accepted = sum(bool(hand_in("127.0.0.1", self.port, case)[0]) for case in self.demo.cases)
        self._knock_as_stranger()
        wait_for("all are judged", lambda: self.value("mailguard_messages_total") >= accepted)
        wait_for("all were tried", lambda: self.value('mailguard_queue_messages{state="received"}') == 0)
        return accepted

    def decide(self) -> None:
        """Release one held message and refuse another, as a named user."""
        assert self.command("user", "add", "office").returncode == 0
        held = json.loads(self.command("held", "list", "--json").stdout)
        for word, one in (("release", held[0]), ("refuse", held[1])):
            done = self.command("held", word, one["id"], "--reason", "looked at", "--as", "office")
            assert done.returncode == 0, done.stderr

    def spoil(self) -> None:
        """Put a roll there that cannot be used: it is refused and the old one stays."""
        self.pupils = (self.folder / "roll" / "pupils.csv").read_text(encoding="utf-8")
        (self.folder / "roll" / "pupils.csv").write_text(self.pupils.partition("\n")[2], encoding="utf-8")
        wait_for("the roll is refused", lambda: b'"roll-refused"' in self.log.read_bytes())

    def mend(self) -> None:
        """Put the roll back."""
        (self.folder / "roll" / "pupils.csv").write_text(self.pupils, encoding="utf-8")

    def hang_up(self, event: str) -> dict[str, Any]:
        """Send SIGHUP; returns the event of that name that follows."""
        before = self.log.stat().st_size
        self.processes[0].send_signal(signal.SIGHUP)

        def following() -> list[dict[str, Any]]:
            lines = self.log.read_bytes()[before:].decode().split("\n")[:-1]
            return [entry for entry in map(json.loads, lines) if entry["event"] == event]

        wait_for(f"{event} is logged", lambda: bool(following()))
        return following()[0]

    def _knock_as_stranger(self) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, source_address=("127.0.0.9", 0)) as client:
            client.ehlo()
            client.mail("someone@example.org")
            client.rcpt(self.demo.cases[0].expected[0].address)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)
        self.served.__exit__(kind, error, at)


class Prometheus:
    """A real Prometheus beside a run."""

    def __init__(self, run: Run, rules: Path, seconds: int = 1) -> None:
        program = shutil.which("prometheus")
        assert program, "prometheus is missing: apt-get install prometheus"
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        folder = run.folder / "prometheus"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(
            f"global: {{scrape_interval: {seconds}s, scrape_timeout: {seconds}s, evaluation_interval: 1s}}\n"
            f"rule_files: ['{rules}']\n"
            "scrape_configs:\n  - job_name: mailguard\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{run.observe}']}}]\n"
        )
        run.start(
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            log=folder / "log",
        )
        wait_for("Prometheus has scraped", lambda: self._scraped())

    def _scraped(self) -> bool:
        try:
            return bool(self.query("up == 1"))
        except OSError:
            return False

    def ask(self, path: str, **values: str) -> Any:
        answer = json.loads(get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(values)}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found


def personal(roll: Roll) -> set[str]:
    """Everything of a roll that names somebody: names, addresses, numbers, dates of birth, postcodes, phones."""
    found: set[str] = set()
    for pupil in roll.pupils:
        found |= {f"{pupil.forename} {pupil.surname}", pupil.surname, pupil.upn, pupil.uln, pupil.postcode}
        found |= {pupil.address, pupil.email, str(pupil.date_of_birth)}
    for contact in roll.contacts:
        found |= {contact.surname, contact.postcode, contact.address, *contact.emails, *contact.phones}
    for member in roll.staff:
        found |= {member.email, f"{member.forename} {member.surname}"}
    return {text for text in found if text and text != "None" and len(text) > 2}


def hits(text: str, words: set[str]) -> list[str]:
    """Which of the words stand in a text as words, in any case of letters for addresses."""
    low = text.lower()
    near = [word for word in words if word.lower() in low]
    return sorted(word for word in near if re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", text, re.IGNORECASE))
