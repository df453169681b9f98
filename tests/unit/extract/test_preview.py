"""A page as a picture with words boxed; a part's own bytes, wherever in a message it lies."""

import io
import zipfile
from email.message import EmailMessage

from mailguard.extract import samples
from mailguard.extract.preview import AS_HTML, HEAD, look

PDF = samples.pdf()


def message(name: str = "form.pdf", data: bytes = PDF) -> bytes:
    made = EmailMessage()
    made["Subject"] = "x"
    made.set_content("see attached")
    made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def pixels(data: bytes) -> tuple[int, int, bytes]:
    width, height = HEAD.unpack_from(data)
    assert len(data) == HEAD.size + width * height * 3
    return width, height, data[HEAD.size :]


def red_rows(data: bytes) -> list[int]:
    width, height, body = pixels(data)
    line = bytes((156, 31, 31)) * 10
    return [row for row in range(height) if line in body[row * width * 3 : (row + 1) * width * 3]]


def test_a_page_is_painted_and_the_words_are_boxed_where_they_stand() -> None:
    plain, boxed = look(message(), ("form.pdf",), 1, ()), look(message(), ("form.pdf",), 1, ("Sam Example",))
    assert pixels(plain)[0] == pixels(boxed)[0]
    assert not red_rows(plain)
    rows = red_rows(boxed)
    # The page is 612 points wide; the text's base line is 72 points below its top.
    scale = pixels(boxed)[0] / 612
    assert rows[0] < 72 * scale < rows[-1] + 4
    assert rows[-1] - rows[0] < 30 * scale


def test_the_white_below_the_text_is_cut_short() -> None:
    width, height, body = pixels(look(message(), ("form.pdf",), 1, ()))
    assert height < width / 3
    assert body.endswith(b"\xff" * width * 3 * 20)


def test_words_broken_over_lines_are_boxed_by_their_pieces() -> None:
    assert red_rows(look(message(), ("form.pdf",), 1, ("Sam of Example",)))


def test_a_part_inside_an_archive_is_found_as_the_readers_find_it() -> None:
    content = message("forms.zip", zipped("a.pdf", PDF))
    assert look(content, ("forms.zip", "a.pdf"), 1, ())
    assert look(content, ("forms.zip", "a.pdf"), 0, ()) == PDF
    assert look(content, ("forms.zip",), 0, ()) == zipped("a.pdf", PDF)


def test_what_is_not_there_gives_nothing() -> None:
    assert look(message(), ("form.pdf",), 2, ()) == b""
    assert look(message(), ("form.pdf",), -1, ()) == b""
    assert look(message(), ("other.pdf",), 1, ()) == b""
    assert look(message(), ("other.pdf",), 0, ()) == b""
    assert look(message("form.pdf", b"%PDF-1.7 and no more"), ("form.pdf",), 1, ()) == b""
    assert look(message("notes.txt", b"Sam Example"), ("notes.txt",), 1, ()) == b""


def test_the_html_of_a_message_s_own_text_comes_as_text() -> None:
    made = EmailMessage()
    made["Subject"] = "x"
    made.set_content("plain")
    assert look(made.as_bytes(), ("body",), AS_HTML, ()) == b""
    made.add_alternative("<p>Zoë</p>", subtype="html", charset="iso-8859-1")
    made.add_attachment(b"<p>another</p>", maintype="text", subtype="html", filename="a.html")
    assert look(made.as_bytes(), ("body",), AS_HTML, ()).decode().count("<p>Zoë</p>") == 1
    made = EmailMessage()
    made.set_content("<p>only</p>", subtype="html")
    assert look(made.as_bytes(), ("body",), AS_HTML, ()).decode().count("<p>only</p>") == 1
