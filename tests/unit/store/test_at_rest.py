"""A stolen disk: after a day of traffic nothing that identifies anybody is readable in the data folder."""

import dataclasses
import random
from datetime import UTC, date, datetime, timedelta

from mailguard.hold.decisions import By, refuse, release
from mailguard.model import (
    Contact,
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    Outcome,
    Pupil,
    RecipientState,
    RecipientVerdict,
    Roll,
    Sighting,
    Sightings,
    StaffMember,
    Strength,
    Unreadable,
    UnreadableReason,
    Verdict,
)
from mailguard.store import Settled, revisions, users

SECRETS = {
    "name": "Quillfeather",
    "upn": "Z123456789012",
    "birth": "2015-03-01",
    "parent": "ada.quillfeather@home.example",
    "other": "mr.zephyrton@home.example",
    "sender": "xanthe.osei@oak.example",
    "subject": "Zebulon's plaster",
    "content": "vermilion inhaler",
    "reply": "mailbox of Zephyrton unknown",
    "reason": "the aunt in Zanzibar rang",
    "place": "quillfeather-form.pdf",
    "user": "Xanthippe Osei",
    "orcpt": "rfc822;old.zephyr@home.example",
    "policy": "zinnia-domain.example",
}


def roll():
    pupil = Pupil("OAK", "P1", "Zebulon", SECRETS["name"], date(2015, 3, 1), upn=SECRETS["upn"])
    contact = Contact("C1", "Ada", SECRETS["name"], emails=(SECRETS["parent"],), phones=("07700 900123",))
    return Roll((pupil,), (contact,), (), (StaffMember("OAK", SECRETS["sender"]),), revision="r1")


def mail(kit, name):
    content = f"Subject: {SECRETS['subject']}\r\n\r\n{SECRETS['name']} {SECRETS['content']} {SECRETS['birth']}\r\n"
    padding = "".join(random.Random(name).choices("abcdef \n", k=random.Random(name).randrange(0, 300_000)))
    envelope = Envelope(SECRETS["sender"], (SECRETS["parent"], SECRETS["other"]), "OAK")
    whole = (content * 20 + padding).encode()
    return dataclasses.replace(
        kit.message(name), envelope=envelope, content=whole, orcpt=("", SECRETS["orcpt"]), envid=SECRETS["name"]
    )


def judged():
    place = (SECRETS["place"], "page 1")
    evidence = (Evidence(EvidenceKind.UPN, SECRETS["upn"], place), Evidence(EvidenceKind.NAME, SECRETS["name"], place))
    sighting = Sighting((roll().pupils[0].key,), Strength.RECORD, place, evidence=evidence)
    finding = Finding("other-family", place, 1, evidence=evidence, sentence=f"It is about {SECRETS['name']}.")
    recipients = (
        RecipientVerdict(SECRETS["other"], Outcome.HOLD, (finding,)),
        RecipientVerdict(SECRETS["parent"], Outcome.DELIVER),
    )
    unreadable = (Unreadable(place, UnreadableReason.ENCRYPTED, SECRETS["place"]),)
    return Verdict(recipients, unreadable, "OAK", "r1", "p1"), Sightings((sighting,))


def found_in(folder):
    wanted = {kind: text.encode() for kind, text in SECRETS.items()} | {"forename": b"Zebulon", "phone": b"900123"}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.stat().st_size > 100_000 for path in files)
    return {(path.name, kind) for path in files for kind, text in wanted.items() if text in path.read_bytes()}


def test_no_personal_data_is_readable_in_the_data_folder(kit):
    verdict, sightings = judged()

    async def day(store):
        await store.write(users.add, users.User(SECRETS["user"], email="x.osei@oak.example"), "root", "$argon2id$")
        await store.write(
            revisions.save_roll, roll(), {"problem": f"{SECRETS['name']} has no address"}, SECRETS["user"]
        )
        await store.write(revisions.save_policy, "p1", SECRETS["policy"], SECRETS["user"])
        for n in range(30):
            name = f"m{n}"
            await store.accept(mail(kit, name))
            mode = "observe" if n % 5 == 0 else "enforce"
            due = await store.record_verdict(
                name, verdict, sightings, mode=mode, subject=SECRETS["subject"], handover=True
            )
            later = Settled(
                due.recipients[0].id, RecipientState.QUEUED, 451, SECRETS["reply"], datetime.now(UTC) + timedelta(1)
            )
            ended = Settled(due.recipients[0].id, RecipientState.FAILED, 550, SECRETS["reply"])
            await store.settle([later if n % 2 else ended], dsns=[mail(kit, f"d{n}")])
            by = By(SECRETS["user"], SECRETS["reason"])
            if mode == "enforce":
                await store.write(release if n % 3 else refuse, name, by)
        assert found_in(kit.folder) == set()

    kit.run(day)
    assert found_in(kit.folder) == set()
