"""The notices: what they say, and what they can never say."""

import dataclasses
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from mailguard.hold.notices import Post, Stopped, office_notice, sender_notice

AT = datetime(2026, 11, 22, 14, 52, tzinfo=UTC)
POST = Post("n1", AT, "guard.oak.example", "office@oak.example", "https://mail.oak.example/held")
STOPPED = Stopped("MG-7K4QX", AT, "helen@oak.example", 5, 5, frozenset({"other-family"}), "Oakfield")


def parsed(message):
    assert message.content.count(b"\n") == message.content.count(b"\r\n")
    assert message.content.endswith(b"\r\n")
    mail = message_from_bytes(message.content, policy=SMTP)
    text = mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    return mail, " ".join(text.split()), page


def test_the_sender_is_told_in_plain_words():
    notice = sender_notice(STOPPED, POST)
    assert notice.envelope.sender == ""
    assert notice.envelope.recipients == ("helen@oak.example",)
    mail, text, page = parsed(notice)
    assert mail["Subject"] == "Your email was not sent"
    assert mail["To"] == "helen@oak.example"
    assert mail["Reply-To"] == "office@oak.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<n1@guard.oak.example>"
    assert text == (
        "Your email of 14:52 on 22 November to 5 people has been stopped. It has not left the school. "
        "It appears to hold information about a child of another family. "
        "Your Sent folder may show it as sent. It was not. "
        "What to do: nothing if the office is handling it. Sign in to see why: https://mail.oak.example/held . "
        "If it is urgent, ring the office. Do not send it again before you have checked: "
        "a second copy will be stopped too. Reference MG-7K4QX."
    )
    assert '<a href="https://mail.oak.example/held">' in page
    assert "MG-7K4QX" in page


def test_a_partly_stopped_message_says_for_how_many():
    stopped = dataclasses.replace(STOPPED, held=1, rules=frozenset({"barred-contact"}))
    mail, text, _ = parsed(sender_notice(stopped, POST))
    assert mail["Subject"] == "Your email was not sent to everyone"
    assert "has been stopped for 1 of them. 1 person will not receive it; the other 4 may." in text
    assert "For 1 of them it appears to hold information that should not go there." in text


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"other-family", "split"}, "a child of another family"),
        ({"unreadable"}, "could not be checked"),
        ({"visible-recipients"}, "many families"),
        ({"other-family", "barred-contact"}, "should not go there"),
        (set(), "should not go there"),
        ({"split"}, "should not go there"),
    ],
)
def test_the_cause_in_words(rules, words):
    _, text, _ = parsed(sender_notice(dataclasses.replace(STOPPED, rules=frozenset(rules)), POST))
    assert words in text


def test_the_office_is_told_that_it_must_decide():
    notice = office_notice(STOPPED, "office@oak.example", dataclasses.replace(POST, console_url="", reply_to=""))
    assert notice.envelope.recipients == ("office@oak.example",)
    mail, text, page = parsed(notice)
    assert mail["Subject"] == "An email is waiting for a decision (MG-7K4QX)"
    assert "Oakfield: an email of 14:52 on 22 November from helen@oak.example to 5 people has been stopped." in text
    assert "It waits for a decision." in text
    assert "http" not in text
    assert "<a " not in page


@pytest.mark.parametrize(
    "address",
    [
        "helen@oak.example\r\nBcc: all@home.example",
        "helen@oak.example\nX: y",
        "<b>&@oak.example",
        '"helen osei"@oak.example',
        "hélène@oak.example",
        "a@b,c@d",
    ],
)
def test_hostile_addresses_stay_out_of_headers_and_markup(address):
    stopped = dataclasses.replace(STOPPED, sender=address, school="Oak\r\nX: y")
    post = dataclasses.replace(POST, reply_to=address)
    for notice in (sender_notice(stopped, post), office_notice(stopped, address, post)):
        mail, _, page = parsed(notice)
        assert set(mail.keys()) <= {
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
            *("MIME-Version", "Content-Type"),
        }
        assert mail["To"] == "undisclosed-recipients:;"
        assert "<b>" not in page
        notice.content.decode("ascii")


def test_a_group_is_told_once_and_says_so():
    _, text, _ = parsed(sender_notice(dataclasses.replace(STOPPED, group=True), POST))
    assert "told of them together" in text


def test_an_address_turns_no_words_of_the_notice_round():
    stopped = dataclasses.replace(STOPPED, sender="\u202eelpmaxe.kao@nel\u2066\u200b\ufeffeh\u2028@oak.example")
    _, text, page = parsed(office_notice(stopped, "office@oak.example", POST))
    assert not set("\u202e\u2066\u200b\ufeff\u2028") & set(text + page)
    assert "elpmaxe.kao" in text
