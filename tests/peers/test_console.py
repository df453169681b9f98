"""A decision in the console ends at a real mail server: at exactly the recipients chosen, and as it was sent."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import httpx2
import pytest
from dialogues.servekit import RECORD, House, free_port
from peers.postfixkit import Postfix
from peers.test_postfix import GONE, OFFICE, OTHER, OWN, SECOND, Chain, arrived, eventually, message

pytestmark = [pytest.mark.peer, pytest.mark.timeout(240)]

PASSWORD = "correct horse battery staple"


@dataclass
class Desk:
    """The chain of mail servers with the console beside it, and somebody signed in."""

    chain: Chain
    browser: httpx2.Client

    def open(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def submit(self, path: str, page: str, **fields: str | list[str]) -> httpx2.Response:
        """Send the page's last form with these fields."""
        form = page.rpartition("<form")[2]
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        return self.browser.post(path, data=hidden | fields)

    def held(self, subject: str) -> str:
        """The id of a held message, once it is there."""
        found: list[str] = []

        def there() -> bool:
            found[:] = [str(one["id"]) for one in self.chain.held() if one["subject"] == subject]
            return bool(found)

        eventually(there, self.chain.before.log)
        return found[0]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """While a message is held whole where anybody is held: `[mail] split = false`, by the relay's own reload."""
        policy = self.chain.house.folder / "policy.toml"
        before = policy.read_text()
        policy.write_text(before + "[mail]\nsplit = false\n")
        self._reload()
        try:
            yield
        finally:
            policy.write_text(before)
            self._reload()

    def _reload(self) -> None:
        process = self.chain.house.process
        assert process is not None
        before = self._loaded()
        process.send_signal(signal.SIGHUP)
        eventually(lambda: self._loaded() > before)

    def _loaded(self) -> int:
        lines = (self.chain.house.folder / "log").read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        return sum(one.get("event") == "policy-loaded" for one in said)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("house")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as ends:
        after = Postfix.delivering(free_port(), (OWN, OTHER, SECOND, OFFICE), gone=GONE)
        ends.callback(after.stop)
        after.start()
        house = House(folder, f"127.0.0.1:{after.port}")
        with house.config.open("a") as config:
            config.write(f'[console]\nlisten = "127.0.0.1:{port}"\npublic_url = "{url}"\n')
        loop = asyncio.new_event_loop()
        ends.callback(loop.close)
        loop.run_until_complete(house.start())
        ends.callback(lambda: loop.run_until_complete(house.stop()))
        before = Postfix.relaying(free_port(), house.port)
        ends.callback(before.stop)
        before.start()
        command, named = [sys.executable, "-m", "mailguard"], ["--config", str(house.config)]
        subprocess.run([*command, "user", "add", "clerk", "--role", "approver", *named], check=True)
        subprocess.run([*command, "user", "password", "clerk", *named], check=True, input=f"{PASSWORD}\n", text=True)
        log = ends.enter_context((folder / "console.log").open("w"))
        console = subprocess.Popen([*command, "console", *named], stderr=log)
        ends.callback(lambda: console.wait(30))
        ends.callback(console.terminate)
        browser = ends.enter_context(httpx2.Client(base_url=url, headers={"origin": url}, timeout=60))

        def signed_in() -> bool:
            assert console.poll() is None, (folder / "console.log").read_text()
            try:
                answer = browser.post("/sign-in", data={"name": "clerk", "password": PASSWORD})
            except httpx2.TransportError:
                return False
            return answer.status_code == 303

        eventually(signed_in)
        yield Desk(Chain(before, house, after), browser)


def complete(content: bytes) -> bytes:
    """With the headers that Postfix would add where they are missing."""
    more = b"Date: Mon, 2 Nov 2026 09:00:00 +0000\r\nMessage-ID: <one@oakfield.example>\r\nSubject: "
    return content.replace(b"Subject: ", more)


def body_of(content: bytes) -> bytes:
    """What the mail servers must not change: from the first header of the sender to the end."""
    return content[content.index(b"From: ") :]


def test_released_to_one_of_three_it_reaches_that_one_alone_and_unchanged(desk: Desk) -> None:
    sent = complete(message("console release", ", ".join([OTHER, SECOND, OWN])))
    desk.chain.send([OTHER, SECOND, OWN], sent)
    name = desk.held("console release")
    eventually(lambda: bool(arrived(desk.chain, OWN, "console release")), desk.chain.after.log)
    page = desk.open(f"/held/{name}")
    ticks = dict(re.findall(r'id="to-(\d+)" value="\d+"[^>]*><label for="to-\d+">([^<]*)<', page))
    assert len(ticks) == 2
    shown = desk.browser.get(f"/api/v1/held/{name}").json()
    [n] = [str(n) for n, one in enumerate(shown["recipients"]) if one["address"] == OTHER]
    answer = desk.submit(f"/held/{name}", page, action="send", reason="entitled", to=n)
    assert answer.status_code == 303, answer.text
    eventually(lambda: bool(arrived(desk.chain, OTHER, "console release")), desk.chain.after.log)
    [content] = arrived(desk.chain, OTHER, "console release")
    assert body_of(content) == sent.replace(b"\r\n", b"\n")
    assert desk.chain.waiting() == {SECOND}
    assert len(arrived(desk.chain, OWN, "console release")) == 1
    eventually(lambda: "it answered 250" in desk.open(f"/held/{name}"))
    answer = desk.submit(f"/held/{name}", desk.open(f"/held/{name}"), action="stop", reason="wrong-recipient")
    assert answer.status_code == 303
    assert desk.chain.waiting() == set()
    assert not arrived(desk.chain, SECOND, "console release")


def test_sent_to_the_right_family_instead_it_reaches_them_alone_with_the_same_body(desk: Desk) -> None:
    sent = complete(message("console redirect", OTHER))
    desk.chain.send([OTHER], sent)
    name = desk.held("console redirect")
    page = desk.open(f"/held/{name}")
    confirm = desk.submit(f"/held/{name}", page, action="redirect", reason="wrong-recipient")
    assert confirm.status_code == 200
    assert OWN in confirm.text
    answer = desk.submit(f"/held/{name}/redirect", confirm.text, to="0")
    assert answer.status_code == 303, answer.text
    eventually(lambda: bool(arrived(desk.chain, OWN, "console redirect")), desk.chain.after.log)
    [content] = arrived(desk.chain, OWN, "console redirect")
    got = message_from_bytes(content, policy=policy.SMTP)
    assert got["To"] == OWN
    assert OTHER.encode() not in content
    assert content.partition(b"\n\n")[2] == RECORD.replace(b"\r\n", b"\n")
    assert got["From"] == OFFICE
    assert not arrived(desk.chain, OTHER, "console redirect")
    assert not arrived(desk.chain, SECOND, "console redirect")
    assert desk.chain.waiting() == set()


def test_stopped_it_reaches_nobody_and_the_sender_is_offered_the_right_address(desk: Desk) -> None:
    desk.chain.send([OTHER], complete(message("console stop", OTHER)))
    name = desk.held("console stop")
    page = desk.open(f"/held/{name}")
    assert f"give the sender {OWN}" in page
    answer = desk.submit(f"/held/{name}", page, action="stop", reason="wrong-recipient", offer="1")
    assert answer.status_code == 303, answer.text
    reference = desk.browser.get(f"/api/v1/held/{name}").json()["reference"]

    def told() -> list[str]:
        got = desk.chain.after.mailboxes().get(OFFICE, [])
        texts = [message_from_bytes(one, policy=policy.SMTP).get_body(("plain",)) for one in got]
        said = [one.get_content() for one in texts if one is not None]
        return [one for one in said if reference in one and OWN in one]

    eventually(lambda: bool(told()), desk.chain.after.log)
    [said] = told()
    assert "Annabel" not in said
    assert OTHER not in said
    assert not any(arrived(desk.chain, one, "console stop") for one in (OWN, OTHER, SECOND))
    assert desk.chain.waiting() == set()


def test_sent_only_to_those_entitled_it_reaches_them_alone_and_unchanged(desk: Desk) -> None:
    sent = complete(message("console some", ", ".join([OTHER, OWN, SECOND])))
    with desk.whole():
        desk.chain.send([OTHER, OWN, SECOND], sent)
        name = desk.held("console some")
        assert desk.chain.waiting() == {OTHER, OWN, SECOND}
        page = desk.open(f"/held/{name}")
        assert "only to those who may have it (1 of 3)" in page
        answer = desk.submit(f"/held/{name}", page, action="some", reason="entitled", to=["0", "1", "2"])
        assert answer.status_code == 303, answer.text
    eventually(lambda: bool(arrived(desk.chain, OWN, "console some")), desk.chain.after.log)
    [content] = arrived(desk.chain, OWN, "console some")
    assert body_of(content) == sent.replace(b"\r\n", b"\n")
    eventually(lambda: "it answered 250" in desk.open(f"/held/{name}"))
    assert desk.chain.waiting() == set()
    assert not arrived(desk.chain, OTHER, "console some")
    assert not arrived(desk.chain, SECOND, "console some")


def test_of_a_group_sent_together_each_arrives_unchanged_and_what_differs_stays(desk: Desk) -> None:
    alike = {n: complete(message(f"console group {n}", OTHER, RECORD + b"Mark: %d\r\n" % n)) for n in (1, 2, 3)}
    plain = RECORD.partition(b"Medical")[0]
    for content in [*alike.values(), complete(message("console group 4", OTHER, plain))]:
        desk.chain.send([OTHER], content)
    name = [desk.held(f"console group {n}") for n in (1, 2, 3, 4)][3]
    [group] = desk.browser.get("/api/v1/groups").json()["groups"]
    path = f"/groups/{group['group']}/send"
    fields = {"reason": "entitled", "note": "agreed with the family", "count": "3"}
    answer = desk.submit(path, desk.open(path), **fields)
    assert answer.status_code == 303, answer.text
    for n, sent in alike.items():
        eventually(lambda n=n: bool(arrived(desk.chain, OTHER, f"console group {n}")), desk.chain.after.log)
        [content] = arrived(desk.chain, OTHER, f"console group {n}")
        assert body_of(content) == sent.replace(b"\r\n", b"\n")
    assert [str(one["id"]) for one in desk.chain.held()] == [name]
    assert desk.submit(path, desk.open(path), **fields).status_code == 422  # one is left, and three was typed
    answer = desk.submit(f"/held/{name}", desk.open(f"/held/{name}"), action="stop", reason="wrong-recipient")
    assert answer.status_code == 303
    assert not arrived(desk.chain, OTHER, "console group 4")
    assert not any(arrived(desk.chain, one, f"console group {n}") for one in (OWN, SECOND) for n in alike)


def test_what_takes_two_people_arrives_when_the_second_has_agreed(desk: Desk) -> None:
    """The last test here: with a second approver at the school, nobody sends such a message alone any more."""
    config = str(desk.chain.house.config)
    command = [sys.executable, "-m", "mailguard", "user"]
    subprocess.run([*command, "add", "head", "--role", "approver", "--config", config], check=True)
    subprocess.run([*command, "password", "head", "--config", config], check=True, input=f"{PASSWORD}\n", text=True)
    sent = complete(message("console second", OTHER))
    desk.chain.send([OTHER], sent)
    name = desk.held("console second")
    page = desk.open(f"/held/{name}")
    refused = desk.submit(f"/held/{name}", page, action="send", reason="entitled")
    assert refused.status_code != 303
    assert desk.submit(f"/held/{name}", page, action="ask", reason="entitled").status_code == 303
    assert not arrived(desk.chain, OTHER, "console second")
    url = str(desk.browser.base_url)
    with httpx2.Client(base_url=url, headers={"origin": url.rstrip("/")}, timeout=60) as browser:
        assert browser.post("/sign-in", data={"name": "head", "password": PASSWORD}).status_code == 303
        head = Desk(desk.chain, browser)
        answer = head.submit(f"/held/{name}", head.open(f"/held/{name}"), action="send", reason="entitled")
        assert answer.status_code == 303, answer.text
    eventually(lambda: bool(arrived(desk.chain, OTHER, "console second")), desk.chain.after.log)
    [content] = arrived(desk.chain, OTHER, "console second")
    assert body_of(content) == sent.replace(b"\r\n", b"\n")
    assert desk.chain.waiting() == set()
