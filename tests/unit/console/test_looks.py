"""The page of how an email looks: offered where there is one, in a frame without any right."""

import re

from mailguard.console.looks import POLICY, may_have


def test_the_frame_may_nothing_and_is_framed_by_its_page_only(desk):
    desk.text = desk.html = "<p onclick=x>Zebedee Quillfeather has asthma.</p><script>alert(1)</script>"
    desk.hold()
    browser = desk.browser("office")
    answer = browser.get("/held/m1/looks")
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "<mark>Zebedee Quillfeather</mark>" in answer.text
    assert "script" not in answer.text
    for word in ("default-src 'none'", "sandbox", "frame-ancestors 'self'"):
        assert word in POLICY
    assert "allow-" not in POLICY
    assert desk.browser("elm").get("/held/m1/looks").status_code == 404
    # The page offers it where the message has HTML, in a frame without any right.
    assert "<iframe" not in browser.get("/held/m1").text
    desk.text = "Content-Type: text/html\n\nZebedee Quillfeather"
    desk.hold("m2")
    page = browser.get("/held/m2").text
    assert re.search(r'<iframe [^>]*sandbox(?: |>)[^>]*src="/held/m2/looks"', page)
    assert "allow-" not in page
    assert "frame-src 'self'" in browser.get("/held/m2").headers["content-security-policy"]


def test_an_email_without_html_says_so(desk):
    desk.html = ""
    desk.hold()
    assert "no other look" in desk.browser("office").get("/held/m1/looks").text


OWN = [
    b"Content-Type: text/html; charset=utf-8\r\nSubject: x\r\n\r\n<p>hello",
    b"Subject: x\ncontent-type:\n text/HTML\n\n<p>hello",
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>hello\r\n--b--\r\n",
]
ATTACHED = [
    b"Subject: x\r\n\r\nContent-Type is text/html",
    b"--b\r\nContent-Type: text/html; name=report.html\r\n\r\n<p>x",
    b"--b\r\nContent-Disposition: attachment\r\nContent-Type: text/html\r\n\r\n<p>x",
    b"--b\r\nContent-Type: text/html\r\nContent-Disposition: inline;\r\n filename*0=report.html\r\n\r\n<p>x",
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/html\r\n\r\n<p>x",
]


def test_only_html_of_the_email_itself_is_offered_as_its_look():
    assert all(may_have(content) for content in OWN)
    assert not any(may_have(content) for content in ATTACHED)
    assert all(may_have(own + attached) for own in OWN for attached in ATTACHED[1:])


def test_very_many_parts_are_not_all_looked_at():
    assert not may_have(b"--b\r\nContent-Type: text/html; name=x\r\n\r\n" * 100_000)
