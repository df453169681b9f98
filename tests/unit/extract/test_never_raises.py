"""Whatever the bytes, a reading comes out, and nothing is lost that a plain parser sees."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailguard import extract
from mailguard.extract import mailsamples, samples

SAMPLES = dict((*mailsamples.samples(), *samples.samples()))
QUIET = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@QUIET
@given(st.binary(max_size=600))
def test_any_bytes(data):
    extract.read_message(data)
    extract.read_file(data, "file")


@QUIET
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 5000), st.integers(0, 255), st.booleans())
def test_samples_with_a_changed_byte_or_cut_short(name, at, value, cut):
    data = bytearray(SAMPLES[name])
    at %= len(data)
    data[at] = value
    extract.read_file(bytes(data[:at] if cut else data), name)


FIELDS = st.sampled_from(
    [
        "Content-Type: multipart/mixed; boundary=a",
        "Content-Type: multipart/alternative; boundary=b",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Type: text/html",
        "Content-Type: message/rfc822",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Disposition: attachment; filename=x.txt",
        "Subject: =?utf-8?b?WmFyYQ==?=",
        "no field",
        " folded",
        "",
        "--a",
        "--b",
        "--a--",
        "--b--",
        "WmFyYSBRdWlsbA==",
        "Zara Quill",
        "<p>Zara</p>",
    ]
)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(FIELDS, max_size=25))
def test_every_text_that_a_plain_parser_sees_is_in_the_reading(lines):
    data = "\n".join(lines).encode()
    reading = extract.read_message(data)
    flat = " ".join(" ".join(segment.text.split()) for segment in reading.segments)
    for policy in (email.policy.default, email.policy.compat32):
        for part in email.message_from_bytes(data, policy=policy).walk():
            if part.is_multipart() or part.get_content_maintype() != "text":
                continue
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and b"Zara Quill" in payload:
                assert "Zara Quill" in flat


@pytest.mark.parametrize("size", [10_000_000])
def test_a_large_attachment_is_read_within_the_budget(size):
    mail = EmailMessage()
    mail["Subject"] = "x"
    mail.set_content("Hello")
    mail.add_attachment(b"word " * (size // 5), maintype="application", subtype="octet-stream", filename="x.txt")
    reading = extract.read_message(mail.as_bytes())
    assert sum(len(segment.text) for segment in reading.segments) > size * 0.9
    assert reading.unreadable == ()


def test_what_comes_out_can_be_sent_on_and_places_stay_short():
    name = "x" * 5000 + "\n.txt"
    mail = (
        "From: =?utf-7?Q?+2AA-?= <a@b.test>\nSubject: =?utf-7?B?KzJBQS0=?=\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name}\n\n"
        'x\n--b\nContent-Type: application/json\n\n{"name": "\\ud800 Zara"}\n--b--\n'
    )
    reading = extract.read_message(mail.encode())
    for segment in reading.segments:
        segment.text.encode()
        assert all(len(step) <= 200 and "\n" not in step for step in segment.place)
    for address in reading.addresses:
        (address.name + address.address).encode()
    assert any("Zara" in segment.text for segment in reading.segments)
