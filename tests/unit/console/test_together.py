"""A whole group is sent only behind its fences: everything shown, reason and number typed, two people where it is
sensitive, nothing that differs, all or none."""

import pytest

from mailguard.model import Category, PupilKey
from mailguard.store import audit, holds

from .conftest import AMA, form_of

MEDICAL = (Category.MEDICAL,)
FULL = {"reason": "roll-out-of-date", "note": "the family has moved", "count": "3"}


def group(desk, count=3, **options):
    """Hold so many emails that are alike; returns the path of the page that sends them."""
    for n in range(count):
        desk.hold(f"m{n}", subject=f"Report {n}", **options)
    return path_of(desk)


def path_of(desk, name="m0"):
    with desk.database.read() as tx:
        return f"/groups/{desk.site.shelf.facts(tx, [name])[name].group}/send"


def fill(browser, path, **fields):
    return browser.post(path, data=form_of(browser.get(path).text) | FULL | fields)


def acts(desk, name, action):
    with desk.database.read() as tx:
        return [one.entry for one in audit.entries(tx, name) if one.entry.action == action]


def test_all_go_with_an_entry_for_each(desk):
    path = group(desk)
    browser = desk.browser("office")
    assert f'href="{path}"' in browser.get(path.removesuffix("/send")).text
    page = browser.get(path).text
    assert page.count("Ms Helen Osei") == 3
    assert page.count("Zebedee Quillfeather</td>") == 3
    answer = fill(browser, path)
    assert answer.headers["location"] == "/held?sent=3"
    assert "3 emails sent on" in browser.get("/held?sent=3").text
    for n in range(3):
        assert desk.states(f"m{n}") == ["queued"]
        [entry] = acts(desk, f"m{n}", "released")
        assert entry.actor == "office"
        assert "the family has moved" in entry.reason
        assert "one of 3" in entry.reason


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"reason": ""}, "Choose a reason"),
        ({"note": ""}, "in your own words"),
        ({"note": "ok"}, "in your own words"),
        ({"count": ""}, "Type how many"),
        ({"count": "2"}, "Type how many"),
        ({"count": "03"}, "Type how many"),
    ],
)
def test_nothing_goes_while_something_is_missing(desk, missing, words):
    path = group(desk)
    answer = fill(desk.browser("office"), path, **missing)
    assert answer.status_code == 422
    assert words in answer.text
    assert all(desk.states(f"m{n}") == ["held"] for n in range(3))


def test_what_came_or_was_decided_after_the_page_was_shown_stops_everything(desk):
    path = group(desk)
    browser = desk.browser("office")
    form = form_of(browser.get(path).text) | FULL
    desk.hold("m3", subject="Report 3")
    # With the number of the page, and with the right one for now.
    assert browser.post(path, data=form).status_code == 422
    assert browser.post(path, data=form | {"count": "4"}).status_code == 409
    assert all(desk.states(f"m{n}") == ["held"] for n in range(4))


def test_a_decision_in_between_stops_everything(desk):
    path = group(desk, 4)
    browser = desk.browser("office")
    form = form_of(browser.get(path).text) | FULL
    other = desk.browser("head")
    done = other.post("/held/m0", data=form_of(other.get("/held/m0").text, action="stop", reason="wrong-recipient"))
    assert done.status_code == 303
    assert browser.post(path, data=form).status_code == 409
    assert [desk.states(f"m{n}") for n in range(4)] == [["refused"], ["held"], ["held"], ["held"]]


def test_what_differs_stays(desk):
    group(desk, 3)
    # The same sender, subject and rule: the same group. But it holds something of another kind.
    desk.hold("odd", subject="Report 9", categories=(Category.FINANCE,), pupil=AMA)
    path = path_of(desk)
    browser = desk.browser("office")
    page = browser.get(path).text
    assert "1 email is not like these" in page
    assert "Send all 3" in page
    assert fill(browser, path).status_code == 303
    assert desk.states("odd") == ["held"]
    assert desk.states("m0") == ["queued"]


def test_what_is_sensitive_takes_two_people_for_all_of_them(desk):
    path = group(desk, 2, categories=MEDICAL)
    desk.hold("m2", subject="Report 2", categories=MEDICAL)
    office, head = desk.browser("office"), desk.browser("head")
    page = office.get(path).text
    assert "Ask a second person" in page
    assert "Nothing goes out before a second person agrees" in page
    assert "goes out at once" not in page
    answer = fill(office, path)
    assert answer.headers["location"] == "/held?asked=3"
    assert all(desk.states(f"m{n}") == ["held"] for n in range(3))
    assert [entry.actor for entry in acts(desk, "m1", "second-person-asked")] == ["office"]
    waits = office.get(path).text
    assert "has to answer" in waits
    assert "goes out at once" not in waits
    assert '<form method="post" action="/groups' not in waits
    assert office.post(path, data=FULL | {"token": form_of(office.get("/account").text)["token"]}).status_code == 403
    page = head.get(path).text
    assert "asked" in page
    assert "the family has moved" in page
    assert fill(head, path, note="I know these families").status_code == 303
    for n in range(3):
        assert desk.states(f"m{n}") == ["queued"]
        [entry] = acts(desk, f"m{n}", "released")
        assert entry.detail["second_person_after"] == "office"


def test_a_barred_contact_takes_two_people_too(desk):
    path = group(desk, rule="barred-contact")
    assert fill(desk.browser("office"), path).headers["location"] == "/held?asked=3"
    assert all(desk.states(f"m{n}") == ["held"] for n in range(3))


def test_the_sender_sends_no_group_of_their_own(desk):
    path = group(desk, sender="office@oak.example")
    browser = desk.browser("office")
    assert "your own emails" in browser.get(path).text
    token = form_of(browser.get("/account").text)["token"]
    assert browser.post(path, data=FULL | {"token": token}).status_code == 403
    assert desk.states("m0") == ["held"]


def test_a_fault_in_the_middle_moves_nothing(desk, monkeypatch):
    path = group(desk)
    browser = desk.browser("office")
    form = form_of(browser.get(path).text) | FULL
    plain, calls = holds.decide, []

    def fail(tx, message_id, ns, state):
        calls.append(message_id)
        if len(calls) == 3:
            raise RuntimeError("the disk is gone")
        plain(tx, message_id, ns, state)

    monkeypatch.setattr(holds, "decide", fail)
    assert browser.post(path, data=form).status_code == 500
    assert calls == ["m0", "m1", "m2"]
    assert all(desk.states(f"m{n}") == ["held"] for n in range(3))
    assert acts(desk, "m0", "released") == []


def test_too_many_never_go_together(desk, monkeypatch):
    monkeypatch.setattr("mailguard.hold.together.MOST", 2)
    path = group(desk)
    browser = desk.browser("office")
    assert "never go together" in browser.get(path).text
    token = form_of(browser.get("/account").text)["token"]
    assert browser.post(path, data=FULL | {"token": token}).status_code == 403
    assert desk.states("m0") == ["held"]


def test_records_of_very_many_pupils_take_two_people_together(desk):
    """Each email alone is one person's to send; so many families' data at once are not."""
    for n in range(12):
        desk.hold(f"m{n}", subject=f"Report {n}", pupil=PupilKey("OAK", f"X{n}"))
    path = path_of(desk)
    office, head = desk.browser("office"), desk.browser("head")
    page = office.get(path).text
    assert "or that of many pupils" in page
    assert fill(office, path, count="12").headers["location"] == "/held?asked=12"
    assert {desk.states(f"m{n}")[0] for n in range(12)} == {"held"}
    assert "has to answer" in office.get(path).text
    assert fill(head, path, count="12").headers["location"] == "/held?sent=12"
    assert {desk.states(f"m{n}")[0] for n in range(12)} == {"queued"}
    [entry] = acts(desk, "m3", "released")
    assert entry.detail["second_person_after"] == "office"


def test_nobody_gets_round_the_second_person_by_the_form_of_another_day(desk):
    """The rule holds where the emails move, not on the page alone."""
    from mailguard.hold.decisions import By, NotAllowed
    from mailguard.hold.together import look, release_together

    ids = [desk.hold(f"m{n}", subject=f"Report {n}", pupil=PupilKey("OAK", f"X{n}")) for n in range(12)]
    with desk.database.read() as tx:
        seen = look(tx, ids).seen
    with pytest.raises(NotAllowed, match="second person"), desk.database.write() as tx:
        release_together(tx, ids, By("office", "all is well"), seen, {})
    assert {desk.states(name)[0] for name in ids} == {"held"}
