"""`held`, `queue`, `user`, `audit` and `roll` beside a running relay, as a person at a terminal uses them."""

import asyncio
import getpass
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mailguard.config import load_config
from mailguard.demo.live import Sink, hand_in
from mailguard.demo.post import Case, Expected
from mailguard.model import RecipientState
from mailguard.serve import Relay, StartError
from mailguard.store import audit, holds, write_key_file

from .conftest import mail

CONFIG = """\
[school.OAK]
office = "office@oakfield.example"
[store]
url = "sqlite:///store/mailguard.db"
key_file = "key"
[receive]
listen = ["127.0.0.1:0"]
[deliver]
smart_host = "127.0.0.1:{sink}"
tls = "none"
[roll]
source = "roll"
[policy]
file = "policy.toml"
[observe]
listen = "127.0.0.1:0"
"""
POLICY = '[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oakfield.example"]\n'


class Site:
    def __init__(self, folder: Path, relay: Relay, sink: Sink) -> None:
        self.folder, self.relay, self.sink = folder, relay, sink

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mailguard", *arguments, "--config", str(self.folder / "mailguard.toml")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def send(self, *to: str, content: bytes | None = None) -> str:
        case = Case("form", "office@oakfield.example", content or mail(to[0]), tuple(Expected(one) for one in to))
        message_id, said = await asyncio.to_thread(hand_in, *self.relay.addresses[0], case)
        assert message_id, said
        return message_id

    async def until(self, message_id: str, **states: str) -> None:
        """Wait until the recipients (by local part) are in these states."""
        async with asyncio.timeout(20):
            while True:
                held = await self.relay.store.read(holds.details, message_id)
                if {one.address.partition("@")[0]: one.state.value for one in held.recipients} == states:
                    return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    sink = Sink()
    (folder / "mailguard.toml").write_text(CONFIG.format(sink=await sink.start()), encoding="utf-8")
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    (folder / "store").mkdir(mode=0o700, exist_ok=True)
    if not (folder / "key").exists():
        write_key_file(folder / "key")
    relay = Relay(load_config(folder / "mailguard.toml"))
    await relay.start()
    running = asyncio.ensure_future(relay.run())
    try:
        yield Site(folder, relay, sink)
    finally:
        relay.stop()
        await running
        sink.close()


def test_a_held_message_is_listed_shown_and_released_to_exactly_the_chosen(tmp_path: Path, roll: Path) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:
            message_id = await here.send("efua@home.example", "tom@home.example", "who@else.example")
            await here.until(message_id, efua="sent", tom="held", who="held")
            assert (await here.command("user", "add", "alice"))[0] == 0

            status, out, _ = await here.command("held", "list", "--json")
            (listed,) = json.loads(out)
            assert status == 0
            assert (listed["id"], listed["school"], listed["sender"]) == (message_id, "OAK", "office@oakfield.example")
            rules = {one["address"]: (one["state"], one["rules"]) for one in listed["recipients"]}
            assert rules["efua@home.example"] == ("sent", [])
            assert rules["tom@home.example"] == ("held", ["other-family"])
            assert rules["who@else.example"] == ("held", ["unknown-recipient"])

            _, out, _ = await here.command("held", "show", message_id, "--json", "--as", "alice")
            finding = json.loads(out)["recipients"][1]["findings"][0]
            assert (finding["pupil"], finding["strength"]) == ("P1", "record")

            release = ("held", "release", message_id, "--reason", "roll corrected", "--as", "alice")
            status, out, _ = await here.command(*release, "--to", "tom@home.example")
            assert (status, out) == (0, f"released {message_id} tom@home.example\n")
            await here.until(message_id, efua="sent", tom="sent", who="held")
            assert here.sink.arrived["tom@home.example"][0].endswith(mail("efua@home.example"))
            assert "who@else.example" not in here.sink.arrived

            status, _, err = await here.command(*release, "--to", "tom@home.example")
            assert status == 1
            assert err

            status, _, _ = await here.command("held", "refuse", message_id, "--reason", "wrong", "--as", "alice")
            assert status == 0
            await here.until(message_id, efua="sent", tom="sent", who="refused")
            assert json.loads((await here.command("held", "list", "--json"))[1]) == []

            status, out, _ = await here.command("audit", "verify")
            assert status == 0
            exported = [json.loads(line) for line in (await here.command("audit", "export"))[1].splitlines()]
            acts = [(entry["action"], entry["by"]) for entry in exported]
            assert ("released", "alice") in acts
            assert ("refused", "alice") in acts
            assert ("viewed", "alice") in acts

    asyncio.run(story())


def test_nobody_and_no_reason_release_nothing(tmp_path: Path, roll: Path) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:
            message_id = await here.send("tom@home.example")
            await here.until(message_id, tom="held")
            release = ("held", "release", message_id)
            status, _, err = await here.command(*release, "--reason", "x", "--as", "nobody")
            assert (status, "Deciding as" in err) == (1, False)
            for word in ("release", "refuse"):  # whose name was taken is said, above all where it may not decide
                status, _, err = await here.command("held", word, message_id, "--reason", "x")
                assert (status, f"Deciding as {getpass.getuser()}, your login name" in err) == (1, True)
            await here.command("user", "add", "alice")
            assert (await here.command(*release, "--reason", " ", "--as", "alice"))[0] == 1
            assert (await here.command(*release, "--as", "alice"))[0] == 2
            assert (await here.command(*release, "--reason", "x", "--as", "alice", "--to", "else@home.example"))[0] == 1
            assert (await here.command("held", "release", "none", "--reason", "x", "--as", "alice"))[0] == 1
            await here.until(message_id, tom="held")
            assert "tom@home.example" not in here.sink.arrived

    asyncio.run(story())


def test_sender_and_office_are_told_without_pupil_data(tmp_path: Path, roll: Path) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:
            message_id = await here.send("tom@home.example")
            await here.until(message_id, tom="held")
            async with asyncio.timeout(20):
                while not here.sink.arrived.get("office@oakfield.example"):
                    await asyncio.sleep(0.05)
            for notice in here.sink.arrived["office@oakfield.example"]:
                for word in (b"Ama", b"Osei", b"tom@", b"asthma", b"14/03/2014", b"Form"):
                    assert word not in notice

    asyncio.run(story())


def test_a_new_roll_by_command_and_by_file_is_followed(tmp_path: Path, roll: Path) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:
            first = json.loads((await here.command("roll", "status", "--json"))[1])
            assert [(one["school"], one["pupils"]) for one in first["schools"]] == [("OAK", 2)]
            pairs = roll / "relationships.csv"
            pairs.write_text(pairs.read_text().replace("P2,C2,father", "P1,C2,stepfather,y,y,1\nP2,C2,father"))
            async with asyncio.timeout(120):
                while json.loads((await here.command("roll", "status", "--json"))[1])["revision"] == first["revision"]:
                    await asyncio.sleep(0.2)
            status, out, _ = await here.command("roll", "who", "tom@home.example", "--json")
            assert status == 0
            assert [one["pupil"] for one in json.loads(out)["pupils"]] == ["P1", "P2"]
            async with asyncio.timeout(20):
                while True:
                    message_id = await here.send("tom@home.example")
                    await asyncio.sleep(0.5)
                    held = await here.relay.store.read(holds.details, message_id)
                    if held.recipients[0].state is RecipientState.SENT:
                        break

            pairs.write_text(pairs.read_text() + "P9,C9,aunt,y,perhaps,1\n")
            status, out, _ = await here.command("roll", "import", str(roll))
            assert status == 1
            assert "relationships.csv, line 5" in out
            again = json.loads((await here.command("roll", "status", "--json"))[1])
            assert [(one["school"], one["pupils"]) for one in again["schools"]] == [("OAK", 2)]
            assert (await here.command("roll", "who", "stranger@else.example"))[0] == 1
            status, out, err = await here.command("roll", "import", str(tmp_path / "nowhere"))
            assert (status, out) == (2, "")
            assert "nowhere: there is no such file or folder" in err

    asyncio.run(story())


def test_a_refused_roll_or_policy_is_logged_with_its_place_and_changes_nothing(
    tmp_path: Path, roll: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refusals() -> list[dict[str, object]]:
        return [record.__dict__["fields"] for record in caplog.records if record.levelname == "ERROR"]

    async def story() -> None:
        async with site(tmp_path) as here:
            (roll / "pupils.csv").write_text((roll / "pupils.csv").read_text() + "OAK,P3,,,Maeve\n")
            (tmp_path / "policy.toml").write_text(POLICY + "[rules]\nother-famly = 'deliver'\n", encoding="utf-8")
            here.relay.reload()
            async with asyncio.timeout(20):
                while len(refusals()) < 2:
                    await asyncio.sleep(0.1)
            message_id = await here.send("tom@home.example")
            await here.until(message_id, tom="held")

    with caplog.at_level("ERROR", "mailguard"):
        asyncio.run(story())
    places = [{"count": 1, "file": "policy.toml", "line": 6}, {"count": 1, "file": "pupils.csv", "line": 4}]
    assert sorted(refusals(), key=lambda fields: str(fields["file"])) == places
    assert "Maeve" not in caplog.text


def test_queue_lists_what_waits_for_a_dead_server(tmp_path: Path, roll: Path) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:
            here.sink.close()
            message_id = await here.send("efua@home.example")
            await asyncio.sleep(1)
            (queued,) = json.loads((await here.command("queue", "list", "--json"))[1])
            assert queued["id"] == message_id
            assert queued["recipients"][0]["address"] == "efua@home.example"
            assert queued["recipients"][0]["state"] == "queued"

    asyncio.run(story())


def test_queued_mail_is_tried_again_or_taken_out_by_a_named_person(tmp_path: Path, roll: Path) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:
            here.sink.close()
            message_id = await here.send("efua@home.example", "office@oakfield.example")
            async with asyncio.timeout(120):
                while True:
                    found = json.loads((await here.command("queue", "list", "--json"))[1])
                    if found and all(one["attempts"] for one in found[0]["recipients"]):
                        break
            remove = ("queue", "remove", message_id, "--reason", "sent by post")
            status, _, err = await here.command(*remove, "--as", "nobody")
            assert status == 1
            assert "no user of that name" in err
            await here.command("user", "add", "it", "--role", "technician")
            assert (await here.command(*remove, "--as", "it", "--to", "other@home.example"))[0] == 1
            status, out, err = await here.command(*remove, "--as", "it", "--to", "efua@home.example", "--json")
            assert (status, json.loads(out)) == (0, {"id": message_id, "removed": ["efua@home.example"]}), err
            (left,) = json.loads((await here.command("queue", "list", "--json"))[1])
            assert [one["address"] for one in left["recipients"]] == ["office@oakfield.example"]
            assert (await here.command(*remove, "--as", "it", "--to", "efua@home.example"))[0] == 1
            status, out, _ = await here.command("queue", "retry", message_id, "--json")
            assert (status, json.loads(out)) == (0, {"due": 1})
            assert (await here.command("queue", "retry", "no-such"))[0] == 1
            with here.relay.store._database.read() as tx:
                acts = [(one.entry.action, one.entry.actor) for one in audit.entries(tx, message_id)]
            assert ("removed", "it") in acts
            assert "retried" in {action for action, _ in acts}

    asyncio.run(story())


BROKEN = {
    "no key": ("key", None, "key"),
    "a bad key": ("key", "abc\n", "key"),
    "a bad roll": ("roll/pupils.csv", "school\n", "pupils.csv"),
    "a bad policy": ("policy.toml", "[rulez]\n", "rulez"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_stops_the_start_and_is_named(tmp_path: Path, roll: Path, name: str) -> None:
    file, text, said = BROKEN[name]

    async def story() -> None:
        (tmp_path / "mailguard.toml").write_text(CONFIG.format(sink=9), encoding="utf-8")
        (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
        (tmp_path / "store").mkdir()
        write_key_file(tmp_path / "key")
        (tmp_path / file).unlink()
        if text is not None:
            (tmp_path / file).write_text(text, encoding="utf-8")
        with pytest.raises(StartError, match=said):
            await Relay(load_config(tmp_path / "mailguard.toml")).start()

    asyncio.run(story())


def test_after_a_restart_the_newest_of_source_and_command_is_in_force(tmp_path: Path, roll: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in roll.iterdir():
        (other / file.name).write_text(file.read_text().replace("Brennan", "Brannigan"))

    async def story() -> None:
        async with site(tmp_path) as here:
            assert (await here.command("roll", "import", str(other)))[0] == 0
            imported = json.loads((await here.command("roll", "status", "--json"))[1])["revision"]
        async with site(tmp_path) as here:
            assert json.loads((await here.command("roll", "status", "--json"))[1])["revision"] == imported
        (roll / "pupils.csv").write_text((roll / "pupils.csv").read_text().replace("5A", "5B"))
        async with site(tmp_path) as here:
            assert json.loads((await here.command("roll", "status", "--json"))[1])["revision"] != imported

    asyncio.run(story())


def test_an_import_that_empties_a_school_waits_for_confirmation(tmp_path: Path) -> None:
    from mailguard.demo.build import write_roll
    from mailguard.demo.trust import make_trust
    from mailguard.model import Roll

    full = make_trust(0).roll
    kept = full.pupils[: len(full.pupils) // 2]
    keys = {pupil.key for pupil in kept}
    pairs = tuple(pair for pair in full.relationships if pair.pupil in keys)
    write_roll(tmp_path / "roll", full)
    write_roll(tmp_path / "half", Roll(kept, full.contacts, pairs, full.staff))

    async def story() -> None:
        async with site(tmp_path) as here:
            before = json.loads((await here.command("roll", "status", "--json"))[1])
            status, out, err = await here.command("roll", "import", str(tmp_path / "half"))
            assert status == 1
            assert "the policy names no school ELM" in err
            assert "are gone" in out
            assert json.loads((await here.command("roll", "status", "--json"))[1])["revision"] == before["revision"]
            assert (await here.command("roll", "import", str(tmp_path / "half"), "--confirm"))[0] == 0
            after = json.loads((await here.command("roll", "status", "--json"))[1])
            assert sum(one["pupils"] for one in after["schools"]) == len(kept)

    asyncio.run(story())


def test_a_relay_that_has_no_room_is_not_ready(tmp_path: Path, roll: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with site(tmp_path) as here:

            async def ready() -> bytes:
                reader, writer = await asyncio.open_connection("127.0.0.1", here.relay.observe_port)
                writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
                answer = await reader.read()
                writer.close()
                return answer

            assert b" 200 " in await ready()
            monkeypatch.setattr(type(here.relay.store._database.backend), "free_bytes", lambda self: 0)
            async with asyncio.timeout(20):  # the disk is asked a few times a second
                while b" 503 " not in (full := await ready()):
                    await asyncio.sleep(0.05)
            assert b'"failing": ["store"]' in full

    asyncio.run(story())
