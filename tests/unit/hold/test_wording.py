"""Notices in a school's own words: what may stand in them, what is told of a fault, and that ours go out otherwise."""

import dataclasses
from pathlib import Path

import pytest

from mailguard.config import parse_config
from mailguard.hold import notices
from mailguard.hold.wording import KINDS, Shelf, load_wordings, parse, strange_folders
from mailguard.preflight import preflight

from .test_notices import AT, POST, STOPPED, parsed

OWN = """Subject: Stopped: {reference}

Dear colleague, your email of {time}
to {recipients} did not go out. {why}

{sign_in}

{school} office, reference {reference}
"""


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / (name.replace("__", "/").replace("_", "-") + ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_school_s_own_words_go_out(tmp_path):
    words = Shelf(put(tmp_path, sender=OWN, OAK__sender=OWN.replace("Dear colleague", "Dear all")))
    for school, greeting in (("OAK", "Dear all"), ("ELM", "Dear colleague"), ("unknown", "Dear colleague")):
        notice = notices.sender_notice(STOPPED, dataclasses.replace(POST, words=words.of(school)))
        mail, text, page = parsed(notice)
        assert mail["Subject"] == "Stopped: MG-7K4QX"
        assert text == (
            f"{greeting}, your email of 14:52 on 22 November to 5 people did not go out. "
            "It appears to hold information about a child of another family. "
            "Sign in to see why: https://mail.oak.example/held . Oakfield office, reference MG-7K4QX"
        )
        assert '<a href="https://mail.oak.example/held">' in page
        assert (mail["To"], mail["Auto-Submitted"]) == ("helen@oak.example", "auto-generated")
    # A notice without a file of its own stays as it is.
    office = notices.office_notice(STOPPED, "office@oak.example", dataclasses.replace(POST, words=words.of("OAK")))
    assert parsed(office)[0]["Subject"] == "An email is waiting for a decision (MG-7K4QX)"


def everyone(kind, post):
    """The notice of a kind."""
    more = notices.More(3, 4, AT, AT, "h@oak.example", "Oakfield", ("MG-AAAAA", "MG-BBBBB"))
    left = notices.Left(3, AT, "Oakfield", ("MG-AAAAA",))
    return {
        "sender": lambda: notices.sender_notice(STOPPED, post),
        "office": lambda: notices.office_notice(STOPPED, "o@oak.example", post),
        "sender-run": lambda: notices.sender_group_notice(more, post),
        "office-run": lambda: notices.office_group_notice(more, "o@oak.example", post),
        "digest": lambda: notices.digest_notice(left, "o@oak.example", post),
        "escalation": lambda: notices.escalation_notice(left, "h@oak.example", post),
        "decision": lambda: notices.decision_notice("MG-AAAAA", AT, "h@oak.example", 1, ("a@home.example",), post),
    }[kind]()


@pytest.mark.parametrize("kind", KINDS)
def test_every_placeholder_of_every_notice_is_filled(tmp_path, kind):
    text = "Subject: {reference}\n\n" + "\n\n".join(f"[{name}={{{name}}}]" for name in sorted(KINDS[kind]))
    wording, problems = parse(text, "x.txt", kind)
    assert problems == []
    _, said, page = parsed(everyone(kind, dataclasses.replace(POST, words={kind: wording})))
    for name in KINDS[kind]:
        value = said.partition(f"[{name}=")[2].partition("]")[0]
        assert value, name
        assert "{" not in value
    assert "<script" not in page


def test_what_a_field_holds_is_never_a_placeholder_or_markup(tmp_path):
    stopped = dataclasses.replace(STOPPED, school="{reference}<script>\r\nBcc: x@y.example")
    wording, _ = parse("Subject: {school} {reference}\n\n{school} {reference}", "x.txt", "sender")
    mail, text, page = parsed(notices.sender_notice(stopped, dataclasses.replace(POST, words={"sender": wording})))
    assert mail["Bcc"] is None
    assert "{reference}<script>" in text
    assert "<script>" not in page


FAULTS = {
    "unknown": (OWN.replace("{time}", "{pupil}"), 3, "unknown placeholder {pupil}", "Known here"),
    "misspelt": (OWN.replace("{recipients}", "{recipient}"), 4, "unknown placeholder {recipient}", "{recipients}?"),
    "format": (OWN.replace("{time}", "{time!r}"), 3, "unknown placeholder", ""),
    "attribute": (OWN.replace("{why}", "{why.__class__}"), 4, "unknown placeholder", ""),
    "open brace": (OWN.replace("{time}", "{time"), 3, "without its partner", ""),
    "no subject": (OWN.partition("\n")[2], 1, "subject is missing", "Subject: ..."),
    "empty subject": ("Subject:\n\n{reference}", 1, "subject is missing", ""),
    "long subject": (f"Subject: {'x' * 200}\n\n{{reference}}", 1, "too long", ""),
    "no text": ("Subject: {reference}\n\n \n", 0, "no text", ""),
    "no reference": ("Subject: x\n\nIt was stopped.", 0, "reference is missing", "{reference}"),
    "control": (OWN.replace("Dear", "De\x07ar"), 3, "cannot be shown", ""),
    "bidi": (OWN.replace("Dear", "De\u202ear"), 3, "cannot be shown", ""),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_file_line_and_remedy_and_our_words_stay(tmp_path, name):
    text, line, message, remedy = FAULTS[name]
    put(tmp_path, OAK__sender=text, office=OWN)
    found, problems = load_wordings(tmp_path)
    assert (problems[0].file, problems[0].line) == ("OAK/sender.txt", line)
    assert message in problems[0].message
    assert remedy in problems[0].remedy
    assert set(found) == {("", "office")}
    assert "sender" not in Shelf(tmp_path).of("OAK")


def test_a_file_of_another_name_or_form_is_told(tmp_path):
    put(tmp_path, sendr=OWN, digest="x")
    (tmp_path / "office.html").write_text("x")
    (tmp_path / "decision.txt").write_bytes(b"Subject: x\n\nSchool\xff {reference}")
    (tmp_path / ".git-keep").write_text("")
    told = {one.file: str(one) for one in load_wordings(tmp_path)[1]}
    assert set(told) == {"sendr.txt", "office.html", "decision.txt", "digest.txt"}
    assert 'Did you mean "sender.txt"?' in told["sendr.txt"]
    assert told["decision.txt"].startswith("decision.txt line 3: this is not UTF-8")


def test_a_folder_named_for_no_school_is_told(tmp_path):
    put(tmp_path, OAKS__sender=OWN, elm__sender=OWN, OAK__sender=OWN, Zebra__digest=OWN)
    (tmp_path / ".git").mkdir()
    (tmp_path / "pictures").mkdir()
    told = {Path(one.file).name: str(one) for one in strange_folders(tmp_path, {"OAK", "ELM"})}
    assert set(told) == {"OAKS", "elm", "Zebra"}
    assert "no [[school]] of the policy" in told["OAKS"]
    assert 'Did you mean "OAK"?' in told["OAKS"]
    assert 'Did you mean "ELM"?' in told["elm"]
    assert "Schools of the policy are: ELM, OAK." in told["Zebra"]
    assert str(tmp_path) in told["Zebra"]
    assert strange_folders(tmp_path / "none", {"OAK"}) == []


def test_a_file_of_gigabytes_is_not_read(tmp_path):
    with (tmp_path / "sender.txt").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room, but reading it would take all memory
    (told,) = load_wordings(tmp_path)[1]
    assert "too long for a notice" in told.message


def test_a_changed_file_counts_from_the_next_notice_on(tmp_path):
    words = Shelf(tmp_path)
    assert words.of("OAK") == {}
    put(tmp_path, sender=OWN)
    assert words.of("OAK")["sender"].subject == "Stopped: {reference}"
    put(tmp_path, sender=OWN.replace("{time}", "{tyme}") + "more")
    assert words.of("OAK") == {}
    assert Shelf(None).of("OAK") == {}
    assert Shelf(tmp_path / "none").of("OAK") == {}


def test_a_link_that_leads_nowhere_is_told_and_hides_no_change(tmp_path):
    (tmp_path / "digest.txt").symlink_to(tmp_path / "gone")
    (told,) = load_wordings(tmp_path)[1]
    assert (told.file, told.message) == ("digest.txt", "cannot be read: No such file or directory.")
    words = Shelf(tmp_path)
    assert words.of("OAK") == {}
    put(tmp_path, sender=OWN)
    assert set(words.of("OAK")) == {"sender"}


def test_check_config_tells(tmp_path):
    put(tmp_path / "notices", sender=OWN.replace("{time}", "{tyme}"))
    config = parse_config('[hold]\nnotices = "notices"\n', tmp_path)
    told = [str(one) for one in preflight(config).problems]
    assert "sender.txt line 3: unknown placeholder {tyme}. Did you mean {time}?" in told
