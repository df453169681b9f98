"""Outlook's own formats: winmail.dat and .msg."""

import struct

import pytest
from documents.compound_file import compound

from mailguard import extract
from mailguard.extract import mapi
from mailguard.model import UnreadableReason


def attribute(level: int, identity: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, identity, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def prop(kind: int, identity: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, identity, 1, len(value)) + value + bytes(-len(value) % 4)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


PACKED_RTF = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def tnef(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def winmail() -> bytes:
    named = struct.pack("<HH16sIII", 0x1F, 0x8005, bytes(16), 1, 8, 0x610041) + wide("a")
    named += struct.pack("<II", 1, 12) + wide("named")
    message = struct.pack("<I", 5) + prop(0x1F, 0x37, wide("About Zara")) + struct.pack("<HHI", 3, 0x0E07, 1)
    message += prop(0x102, 0x1009, PACKED_RTF) + prop(0x102, 0x1013, b"<p>In HTML: Zara</p>") + named
    file = struct.pack("<I", 1) + prop(0x1F, 0x3707, wide("Zara's näme.txt"))
    return tnef(
        attribute(1, 0x00069003, message),
        attribute(2, 0x00069002, bytes(14)),
        attribute(2, 0x00018010, b"ZARASN~1.TXT\0"),
        attribute(2, 0x0006800F, b"Zara's own record"),
        attribute(2, 0x00069005, file),
    )


def texts(reading) -> dict[str, tuple[str, ...]]:
    return {segment.text: segment.place for segment in reading.segments}


def test_winmail_gives_its_message_and_its_files():
    reading = extract.read_file(winmail(), "winmail.dat")
    found = texts(reading)
    assert found["About Zara"] == ("winmail.dat", "subject")
    assert found["In HTML: Zara"] == ("winmail.dat", "body")
    assert found["hello world"] == ("winmail.dat", "body")
    assert found["Zara's own record"] == ("winmail.dat", "Zara's näme.txt")
    assert "named" in found
    assert reading.unreadable == ()


def test_a_cut_winmail_keeps_what_stands_before_the_cut():
    reading = extract.read_file(winmail()[:-40], "winmail.dat")
    assert "Zara's own record" in texts(reading)
    assert [u.reason for u in reading.unreadable] == [UnreadableReason.DAMAGED]


def test_packed_rtf_of_the_specification():
    assert mapi.unpacked_rtf(PACKED_RTF) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_packed_rtf_with_a_run():
    # The specification's second sample: WXYZ five times.
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert mapi.unpacked_rtf(packed) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize("data", [b"", b"\0" * 16, bytes(8) + b"XXXX" + bytes(8)])
def test_broken_packed_rtf_is_an_error(data):
    with pytest.raises(ValueError):
        mapi.unpacked_rtf(data)


def outlook_message(**extra):
    return {
        "__properties_version1.0": bytes(32),
        "__substg1.0_0037001F": wide("About Zara")[:-2],
        "__substg1.0_1000001F": wide("Body about Zara")[:-2],
        "__substg1.0_10130102": b"<html><p>HTML about Zara</p></html>",
        "__substg1.0_0C1A001F": wide("Mrs Smith")[:-2],
        "__substg1.0_8001001F": wide("Category of Zara")[:-2],
        "__recip_version1.0_#00000000": {
            "__substg1.0_3001001F": wide("Dad Quill")[:-2],
            "__substg1.0_39FE001F": wide("dad@family.test")[:-2],
        },
        **extra,
    }


def test_msg_gives_header_bodies_recipients_and_files():
    inner = outlook_message()
    inner |= {"__substg1.0_0037001F": wide("Inner subject")[:-2], "__substg1.0_0C1A001F": wide("Mr Jones")[:-2]}
    data = compound(
        outlook_message(
            **{
                "__attach_version1.0_#00000000": {
                    "__substg1.0_3707001F": wide("marks.csv")[:-2],
                    "__substg1.0_37010102": b"Surname,Forename,DOB\r\nQuill,Zara,01/02/2014\r\n",
                },
                "__attach_version1.0_#00000001": {
                    "__substg1.0_3001001F": wide("Forwarded")[:-2],
                    "__substg1.0_3701000D": inner
                    | {
                        "__attach_version1.0_#00000000": {
                            "__substg1.0_3707001F": wide("deep.txt")[:-2],
                            "__substg1.0_37010102": b"Deep inside",
                        }
                    },
                },
            }
        )
    )
    reading = extract.read_file(data, "letter.msg")
    found = texts(reading)
    assert found["About Zara"] == ("letter.msg", "subject")
    assert "Body about Zara" in found
    assert "HTML about Zara" in found
    assert found["Mrs Smith"] == ("letter.msg", "header From")
    assert "Dad Quill dad@family.test" in found
    assert "Category of Zara" in found
    assert found["Surname: Quill | Forename: Zara | DOB: 01/02/2014"][:2] == ("letter.msg", "marks.csv")
    assert found["Inner subject"] == ("letter.msg", "Forwarded", "subject")
    assert found["Deep inside"] == ("letter.msg", "Forwarded", "deep.txt")
    assert reading.unreadable == ()


def test_a_cut_msg_is_reported():
    data = compound(outlook_message())
    reading = extract.read_file(data[: len(data) // 2], "letter.msg")
    assert reading.unreadable
