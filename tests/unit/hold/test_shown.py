"""What is shown of held mail."""

import json

from mailguard.hold.decisions import By, refuse
from mailguard.hold.shown import listed, shown, summary
from mailguard.store import holds


def test_the_list_has_the_keys_of_the_contract(desk):
    desk.hold()
    desk.hold("m2", held=0)
    with desk.database.read() as tx:
        (held,) = holds.waiting(tx)
    row = json.loads(json.dumps(listed(held)))
    assert {"id", "received", "school", "sender", "recipients"} <= set(row)
    assert (row["id"], row["school"], row["sender"]) == ("m1", "OAK", "helen+mis@oak.example")
    assert row["recipients"] == [
        {"address": "ada@home.example", "state": "held", "rules": ["other-family"]},
        {"address": "bob@home.example", "state": "held", "rules": ["other-family"]},
        {"address": "cy@home.example", "state": "queued", "rules": []},
    ]
    assert row["subject"] == "Zebedee's form"


def test_the_list_is_of_one_school_if_asked(desk):
    desk.hold()
    with desk.database.read() as tx:
        assert [one.id for one in holds.waiting(tx, "OAK")] == ["m1"]
        assert holds.waiting(tx, "ELM") == []


def test_a_shown_message_tells_why_and_what_happened(desk):
    desk.hold()
    with desk.database.write() as tx:
        refuse(tx, "m1", By("osei", "not his", emergency=False), to=["ada@home.example"])
    with desk.database.read() as tx:
        held = holds.details(tx, "m1")
    row = json.loads(json.dumps(shown(held)))
    (finding,) = row["recipients"][0]["findings"]
    assert finding == {
        "rule": "other-family",
        "pupil": "P1",
        "school": "OAK",
        "strength": "record",
        "categories": ["medical"],
        "part": "forms.pdf",
        "place": "forms.pdf > page 1",
        "evidence": [{"kind": "name", "text": "Zebedee Quillfeather"}],
        "sentence": "The form is about Zebedee Quillfeather.",
    }
    assert row["unreadable"] == [
        {
            "part": "forms.zip",
            "place": "forms.zip > secret.zip",
            "reason": "encrypted",
            "detail": "a password is needed",
        }
    ]
    assert [(act["action"], act["by"], act["recipients"]) for act in row["history"]] == [
        ("held", "mailguard", ["ada@home.example", "bob@home.example"]),
        ("refused", "osei", ["ada@home.example"]),
    ]
    assert summary(held) == "1 queued, 1 held, 1 refused"
