"""The demo as people start it, with its relay and console, and a real browser in front."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(os.environ.get("MAILGUARD_PICTURES", "/tmp/mailguard-pictures"))
START_SECONDS = 240


@dataclass
class House:
    """A running demo: where its console and relay are, the folder of its configuration, the password of its users."""

    url: str
    password: str = field(repr=False)
    relay: tuple[str, int]
    folder: Path

    def mailguard(self, *words: str) -> str:
        """Run a command on the demo's store."""
        command = [sys.executable, "-m", "mailguard", *words, "--config", str(self.folder / "mailguard.toml")]
        done = subprocess.run(command, capture_output=True, text=True, input=f"{self.password}\n", check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def send(self, message: EmailMessage, sender: str, to: str) -> None:
        """Hand a message to the relay."""
        with smtplib.SMTP(*self.relay, timeout=60) as client:
            client.send_message(message, sender, [to])

    def roll(self, table: str) -> list[dict[str, str]]:
        """The rows of one of the roll's tables."""
        with (self.folder / "roll" / f"{table}.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    # Two demos that start at the same time would both find the usual port free, and meet there: it is kept from them.
    usual = socket.socket()
    with contextlib.suppress(OSError):
        usual.bind(("127.0.0.1", 8080))
    process = subprocess.Popen(
        [sys.executable, "-m", "mailguard", "demo"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    watchdog = time.monotonic() + START_SECONDS
    assert process.stderr is not None
    try:
        for line in process.stderr:
            said += line
            if "Ctrl-C ends" in line or time.monotonic() > watchdog:
                break
        console = re.search(r"(http://\S+)\s+user: office\s+password: (\S+)", said)
        relay = re.search(r"takes mail at ([\d.]+):(\d+)", said)
        folder = re.search(r"--config (\S+)/mailguard.toml", said)
        assert console, said
        assert relay, said
        assert folder, said
        yield House(console[1], console[2], (relay[1], int(relay[2])), Path(folder[1]))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        usual.close()


# Not for the session: while the driver runs, its event loop counts as running in this thread, and every later test that
# starts one of its own would fail.
@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def chromium(driver: Playwright) -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), "chromium is missing: apt-get install chromium"
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=en-GB"])
    yield browser
    browser.close()


class Visit:
    """One person at a browser. Everything that should never happen is noted: scripts that ran, requests to elsewhere,
    violations of the content policy."""

    def __init__(self, context: BrowserContext, house: House) -> None:
        self.page: Page = context.new_page()
        self.house = house
        self.trouble: list[str] = []
        self.page.on("console", lambda said: self.trouble.append(said.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.trouble.append("dialog"), dialog.dismiss()))
        self.page.on("request", self._asked)

    def _asked(self, request: object) -> None:
        url = getattr(request, "url", "")
        if not url.startswith(self.house.url + "/"):
            self.trouble.append(f"asked for {url}")

    def sign_in(self, name: str) -> None:
        self.page.goto(self.house.url + "/sign-in")
        self.page.fill("#name", name)
        self.page.fill("#password", self.house.password)
        self.page.click("main button")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def open(self, path: str) -> None:
        self.page.goto(self.house.url + path)

    def picture(self, name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path


@pytest.fixture
def visit(chromium: Browser, house: House) -> Iterator[Callable[..., Visit]]:
    contexts: list[BrowserContext] = []

    def make(name: str = "office", width: int = 1366, height: int = 768, **options: object) -> Visit:
        options.setdefault("locale", "en-GB")
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        contexts.append(context)
        made = Visit(context, house)
        if name:
            made.sign_in(name)
            made.open("/held")
        return made

    yield make
    for context in contexts:
        context.close()
