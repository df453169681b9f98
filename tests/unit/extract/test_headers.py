"""Header fields: encoded words, parameters, addresses."""

import pytest

from mailguard.extract import headers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=?utf-8?B?WsOhcmE=?=", "Zára"),
        ("=?UTF-8?Q?Z=C3=A1ra_Quill?=", "Zára Quill"),
        ("=?utf-8?Q?Z=C3?= =?utf-8?Q?=A1ra?=", "Zára"),
        ("=?iso-8859-1?Q?Z=E1ra?= and =?utf-8?Q?Bo?=", "Zára and Bo"),
        ("=?utf-8?Q?Z?=\t=?iso-8859-1?Q?=E1ra?=", "Zára"),
        ("=?utf-8?B?WsOhcmE?=", "Zára"),
        ("=?utf-8?B?WmFyYSB?= =?utf-8?B?RdWlsbA==?=", "Zara EÕ¥±° Zara Quill"),
        ("=?utf-8?B?WmFyYSBR?= =?utf-8?B?dWlsbA==?=", "Zara Quill"),
        ("=?utf-7?Q?+AFoAYQByAGEAIABRAHUAaQBsAGw-?=", "+AFoAYQByAGEAIABRAHUAaQBsAGw- Zara Quill"),
        ("=?utf-8?X?broken?=", "=?utf-8?X?broken?="),
        ("a =?b c", "a =?b c"),
        ("=?utf-8*en?Q?Zara?=", "Zara"),
    ],
)
def test_encoded_words(text, expected):
    assert headers.decoded(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('text/plain; charset="utf-8"', ("text/plain", [("charset", "utf-8")])),
        ("TEXT/HTML;charset=utf-8;", ("text/html", [("charset", "utf-8")])),
        ('multipart/mixed; boundary="a;b=c"', ("multipart/mixed", [("boundary", "a;b=c")])),
        (r'a/b; name="a\"b"', ("a/b", [("name", 'a"b')])),
        ("a/b; x=1; x=2", ("a/b", [("x", "1"), ("x", "2")])),
        ("a/b; name*0=Za; name*1=ra", ("a/b", [("name", "Zara")])),
        ("a/b; name*1=ra; name*0=Za", ("a/b", [("name", "Zara")])),
        ("a/b; name*=utf-8'en'Z%C3%A1ra", ("a/b", [("name", "Zára")])),
        ("a/b; name*0*=iso-8859-1''Z%E1; name*1=ra", ("a/b", [("name", "Zára")])),
        ("text", ("", [])),
        ("(x) text/plain (y); charset=utf-8", ("text/plain", [("charset", "utf-8")])),
        ("text / plain", ("text/plain", [])),
        ("", ("", [])),
    ],
)
def test_content_types(value, expected):
    assert headers.content_type(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.test", [("", "a@b.test")]),
        ("Dad <a@b.test>, c@d.test", [("Dad", "a@b.test"), ("", "c@d.test")]),
        ('"Quill, Dad" <a@b.test>', [("Quill, Dad", "a@b.test")]),
        ("=?utf-8?Q?Quill=2C_D=C3=A1d?= <a@b.test>", [("Quill, Dád", "a@b.test")]),
        ("a@b.test (Dad Quill)", [("Dad Quill", "a@b.test")]),
        ("Families: a@b.test, c@d.test;", [("Families", ""), ("", "a@b.test"), ("", "c@d.test")]),
        ("Undisclosed recipients:;", [("Undisclosed recipients", "")]),
        ("<@x.test,@y.test:a@b.test>", [("", "a@b.test")]),
        ('"c@d.test" <a@b.test>', [("c@d.test", "a@b.test")]),
        ("a@b.test; c@d.test", [("", "a@b.test"), ("", "c@d.test")]),
        ("Dad a@b.test", [("Dad", "a@b.test")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("", []),
    ],
)
def test_addresses(text, expected):
    assert headers.addresses(text) == expected
