"""`mailguard read`: what is seen, where, and what could not be."""

from pathlib import Path

from .conftest import mail


def test_a_file_of_rows(mailguard, tmp_path: Path) -> None:
    path = tmp_path / "Marks.csv"
    path.write_text("Surname,Forename,Mark\nOsei,Ama,61\nBrennan,Leo,58\n", encoding="utf-8")
    done = mailguard("read", "--json", path)
    assert done.status == 0
    (line,) = done.lines
    assert line["path"] == str(path)
    rows = [segment for segment in line["segments"] if segment["kind"] == "row"]
    assert [row["place"] for row in rows] == ["Marks.csv > row 1", "Marks.csv > row 2", "Marks.csv > row 3"]
    assert rows[1]["text"] == "Surname: Osei | Forename: Ama | Mark: 61"
    assert rows[1]["visible"] is True
    assert line["unreadable"] == []


def test_a_message_is_read_as_one(mailguard, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail("tom@home.example"))
    (line,) = mailguard("read", "--json", path).lines
    assert [s["text"] for s in line["segments"] if s["place"] == "subject"] == ["Form"]
    assert any("Ama Osei" in s["text"] and s["place"] == "body" for s in line["segments"])


def test_what_cannot_be_read_is_said_with_status_1(mailguard, tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(b"%PDF-1.7\n%broken")
    done = mailguard("read", "--json", path)
    assert done.status == 1
    assert done.lines[0]["unreadable"][0]["reason"] == "damaged"
    assert "COULD NOT BE READ" in mailguard("read", path).out


def test_a_missing_file_is_status_2(mailguard, tmp_path: Path) -> None:
    assert mailguard("read", tmp_path / "none").status == 2
