"""`mailguard check`: the contract of its options, its lines and its exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailguard.cli.check import MAX_BYTES

from .conftest import RECORD, mail

STAFF = ("--staff-domain", "oakfield.example")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def test_own_family_is_delivered_and_another_is_held(mailguard, roll: Path, box: Path) -> None:
    (box / "a.eml").write_bytes(mail("efua@home.example"))
    (box / "b.eml").write_bytes(mail("tom@home.example"))
    done = mailguard("check", "--roll", roll, *STAFF, "--json", box)
    assert done.status == 1
    own, other = done.lines
    assert (own["path"], own["verdict"]) == (str(box / "a.eml"), "deliver")
    assert own["recipients"] == [{"address": "efua@home.example", "verdict": "deliver", "findings": []}]
    assert other["verdict"] == "hold"
    (finding,) = other["recipients"][0]["findings"]
    assert (finding["rule"], finding["pupil"], finding["school"]) == ("other-family", "P1", "OAK")
    assert finding["strength"] == "record"
    assert "medical" in finding["categories"]
    assert finding["part"] == finding["place"] == "body"
    assert {"kind": "name", "text": "Ama Osei"} in finding["evidence"]
    assert "Ama Osei" in finding["sentence"]
    assert set(other) == {"path", "verdict", "recipients", "unreadable", "ms"}


def test_only_the_other_family_of_two_is_held(mailguard, roll: Path, box: Path) -> None:
    (box / "a.eml").write_bytes(mail("efua@home.example, Tom <tom@home.example>"))
    (line,) = mailguard("check", "--roll", roll, *STAFF, "--json", box).lines
    assert line["verdict"] == "hold"
    assert [r["verdict"] for r in line["recipients"]] == ["deliver", "hold"]


def test_all_delivered_is_status_0_and_plain_lines(mailguard, roll: Path, box: Path) -> None:
    (box / "a.eml").write_bytes(mail("efua@home.example"))
    done = mailguard("check", "--roll", roll, *STAFF, box)
    assert (done.status, done.out) == (0, f"deliver {box / 'a.eml'}\n")


def test_options_are_the_envelope(mailguard, roll: Path, box: Path) -> None:
    (box / "a.eml").write_bytes(mail("efua@home.example"))
    done = mailguard("check", "--roll", roll, *STAFF, "--json", "--to", "tom@home.example", box / "a.eml")
    assert [r["address"] for r in done.lines[0]["recipients"]] == ["tom@home.example"]
    done = mailguard("check", "--roll", roll, *STAFF, "--json", "--from", "x@else.example", box / "a.eml")
    assert done.lines[0]["verdict"] == "deliver"


def test_headers_give_each_recipient_once_in_first_spelling(mailguard, roll: Path, box: Path) -> None:
    text = (
        b"From: office@oakfield.example\r\nTo: Efua@home.example, g: efua@HOME.example;\r\n"
        b"Cc: =?utf-8?q?Tom?= <tom@home.example>\r\nBcc: EFUA@home.example\r\n\r\nhello\r\n"
    )
    (box / "a.eml").write_bytes(text)
    (line,) = mailguard("check", "--roll", roll, *STAFF, "--json", box).lines
    assert [r["address"] for r in line["recipients"]] == ["Efua@home.example", "tom@home.example"]


def test_no_recipient_is_held(mailguard, roll: Path, box: Path) -> None:
    (box / "a.eml").write_bytes(b"From: office@oakfield.example\r\n\r\nhello\r\n")
    done = mailguard("check", "--roll", roll, *STAFF, "--json", box)
    (line,) = done.lines
    assert (done.status, line["verdict"], line["recipients"]) == (1, "hold", [])
    assert [part["reason"] for part in line["unreadable"]] == ["no-recipient"]


def test_folders_are_walked_sorted_and_without_symlinks(mailguard, roll: Path, box: Path, tmp_path: Path) -> None:
    (box / "z.eml").write_bytes(mail("efua@home.example"))
    (box / "deep").mkdir()
    (box / "deep" / "a.EML").write_bytes(mail("efua@home.example"))
    (box / "note.txt").write_bytes(b"not mail")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.eml").write_bytes(mail("tom@home.example"))
    (box / "link.eml").symlink_to(elsewhere / "x.eml")
    (box / "linked").symlink_to(elsewhere)
    done = mailguard("check", "--roll", roll, *STAFF, "--json", box)
    assert [line["path"] for line in done.lines] == [str(box / "deep" / "a.EML"), str(box / "z.eml")]


def test_a_file_is_read_as_a_message_whatever_its_name(mailguard, roll: Path, box: Path) -> None:
    (box / "note.pdf").write_bytes(mail("tom@home.example"))
    assert mailguard("check", "--roll", roll, *STAFF, "--json", box / "note.pdf").lines[0]["verdict"] == "hold"


BROKEN = {
    "empty": b"",
    "zeros": bytes(5000),
    "noise": bytes(range(256)) * 40,
    "only-headers": b"From: a@oakfield.example\nTo: tom@home.example",
    "unterminated": b"To: tom@home.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nName: Ama Osei",
    "bad-base64": b"To: tom@home.example\nContent-Transfer-Encoding: base64\n\n!!!! ====",
    "endless-line": b"To: tom@home.example\nSubject: " + b"a" * 2_000_000 + b"\n\nhello",
    "many-headers": b"To: tom@home.example\n" * 30_000 + b"\nhello",
    "deep": b"To: tom@home.example\n"
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(300)),
}


def test_a_folder_of_broken_mail_is_survived(mailguard, roll: Path, box: Path) -> None:
    for name, data in BROKEN.items():
        (box / f"{name}.eml").write_bytes(data)
    os.mkfifo(box / "pipe.eml")
    with (box / "huge.eml").open("wb") as huge:
        huge.truncate(MAX_BYTES + 1)
    (box / "good.eml").write_bytes(mail("efua@home.example"))
    done = mailguard("check", "--roll", roll, *STAFF, "--json", box)
    assert done.status == 1
    verdicts = {Path(line["path"]).stem: line["verdict"] for line in done.lines}
    assert set(verdicts) == {*BROKEN, "pipe", "huge", "good"}
    assert verdicts["good"] == "deliver"
    assert {name for name in ("empty", "zeros", "noise", "deep", "pipe", "huge") if verdicts[name] != "hold"} == set()
    reasons = {Path(line["path"]).stem: [one["reason"] for one in line["unreadable"]] for line in done.lines}
    assert (reasons["pipe"], reasons["huge"]) == (["damaged"], ["too-large"])


USAGE = {
    "missing path": (["check", "--roll", "{roll}", "none.eml"], "no such file"),
    "missing roll": (["check", "--roll", "none", "{mail}"], "no such file or folder"),
    "missing policy": (["check", "--roll", "{roll}", "--policy", "none.toml", "{mail}"], "cannot be read"),
    "two policies": (["check", "--roll", "{roll}", "--policy", "p", "--staff-domain", "d", "{mail}"], "not both"),
    "public domain": (["check", "--roll", "{roll}", "--staff-domain", "com", "{mail}"], "com"),
    "no path": (["check", "--roll", "{roll}"], "PATH"),
    "unknown option": (["check", "--rol", "{roll}", "{mail}"], "--rol"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage_is_status_2_and_said_on_stderr(mailguard, roll: Path, box: Path, name: str) -> None:
    (box / "a.eml").write_bytes(mail("efua@home.example"))
    arguments, said = USAGE[name]
    done = mailguard(*(a.format(roll=roll, mail=box / "a.eml") for a in arguments))
    assert done.status == 2
    assert said in done.err
    assert done.out == ""


def test_a_control_character_in_a_file_name_is_shown_not_sent(mailguard, roll: Path, box: Path) -> None:
    path = box / "a\x1b[31m.eml"
    path.write_bytes(mail("efua@home.example", RECORD))
    assert "\x1b" not in mailguard("check", "--roll", roll, *STAFF, path).out


@pytest.mark.parametrize("command", ["check", "read"])
def test_a_pipe_that_closes_early_ends_without_a_trace(roll: Path, box: Path, command: str) -> None:
    for number in range(12):
        (box / f"{number:02}.eml").write_bytes(mail("tom@home.example"))
    options = ("--roll", str(roll), *STAFF) if command == "check" else ()
    run = [sys.executable, "-m", "mailguard", command, *options, str(box)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        talk = process.stderr.read()
    assert (process.returncode, talk) == (1, b"")


# A file name of an old Windows share, and a terminal that has no letter of a pupil's name, end no run.
@pytest.mark.parametrize("stdout", ["utf-8:strict", "utf-8:surrogateescape", "iso8859-1:strict", "ascii:strict"])
def test_names_that_stdout_has_no_letters_for_end_no_run(
    mailguard, roll: Path, box: Path, monkeypatch: pytest.MonkeyPatch, stdout: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", stdout)
    pupils = (roll / "pupils.csv").read_text(encoding="utf-8").replace("Ama,,Osei", "Ama,,Y\u0131ld\u0131r\u0131m")
    (roll / "pupils.csv").write_text(pupils, encoding="utf-8")
    odd = os.fsencode(box) + b"/a\xe9.eml"
    Path(os.fsdecode(odd)).write_bytes(
        mail("tom@home.example", RECORD.replace(b"Osei", "Y\u0131ld\u0131r\u0131m".encode()))
    )
    (box / "b.eml").write_bytes(mail("efua@home.example"))
    first, second = mailguard("check", "--roll", roll, *STAFF, "--json", box).lines
    assert (os.fsencode(first["path"]), first["verdict"], second["verdict"]) == (odd, "hold", "deliver")
    assert "Y\u0131ld\u0131r\u0131m" in first["recipients"][0]["findings"][0]["sentence"]
    done = mailguard("check", "--roll", roll, *STAFF, box)
    assert done.status == 1, done.err
    assert [line.split()[0] for line in done.out.splitlines() if line[0] != " "] == ["hold", "deliver"]
