"""Overview, roll, history, people and schools in a real browser: every width, full, with faults, in forced colours."""

import time

import pyotp
import pytest

from .test_office import WIDTHS, check, fine


@pytest.fixture(scope="module")
def worked(house):
    """A house where people have noted, laid over and decided things, so that no table is empty."""
    pupils, pairs = house.roll("pupils"), house.roll("relationships")
    contacts = {row["contact_id"]: row for row in house.roll("contacts")}
    pupil = pupils[0]
    own = next(
        contacts[row["contact_id"]]["emails"].split(";")[0]
        for row in pairs
        if row["pupil_id"] == pupil["pupil_id"] and contacts[row["contact_id"]]["emails"]
    )
    key = f"{pupil['school']}/{pupil['pupil_id']}"
    return key, own


def delivered(visit, house):
    """An address that something of the demo went to, and the page of that email."""
    for row in house.roll("contacts"):
        for address in filter(None, row["emails"].split(";")):
            visit.open(f"/delivered?address={address}")
            link = visit.page.locator("table.list a[href^='/delivered/']").first
            if link.count():
                return address, link.get_attribute("href")
    raise AssertionError("the demo delivered nothing to anybody")


def unfold(visit):
    """Open every summary of the page."""
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def act(visit, fields, button, ticks=()):
    """Fill in a form of the page, and send it."""
    unfold(visit)
    for field, value in fields.items():
        visit.page.fill(f"#{field}", value)
    for tick in ticks:
        visit.page.check(tick)
    visit.page.click(f"button:has-text('{button}')")


def test_the_roll_is_noted_overlaid_and_says_what_is_missing(visit, worked):
    pupil, own = worked
    office = visit("office")
    office.open("/roll")
    act(office, {}, "Note it")
    assert office.page.title().startswith("Error: ")
    check(office, "roll-note-error-1366")
    fields = {"pupil": pupil, "correction-address": "granny@home.example", "note": "She collects <b>on Fridays</b>"}
    act(office, fields, "Note it", ["input[value=address-missing]"])
    office.page.wait_for_selector(".done")
    order = {"override-address": own, "override-pupil": pupil, "why": "Order of 3 March"}
    act(office, order | {"why": ""}, "Add it", ["input[value=bar]"])
    assert office.page.title().startswith("Error: ")
    check(office, "roll-override-error-1366")
    act(office, order, "Add it", ["input[value=bar]"])
    office.page.wait_for_selector(".done")
    office.open(f"/roll?address={own}")
    assert "An order keeps from this address" in office.page.content()
    head = visit("head")
    head.open("/roll")
    assert head.page.locator("button:has-text('Let it receive')").count() == 1
    fine(office)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_other_page_is_accessible_at_every_width(visit, house, worked, width):
    _, own = worked
    office, dpo, trust = visit("office", width), visit("dpo", width), visit("trust", width)
    sent, path = delivered(office, house)
    office.open(path)
    check(office, f"delivered-one-{width}")
    unfold(office)  # what was reported at another width folds the form
    office.page.click("button:has-text('Write it down')")
    assert office.page.title().startswith("Error: ")
    check(office, f"delivered-one-error-{width}")
    office.page.fill("#why", "It was <b>another</b> family")
    office.page.fill("#aware", "2026-01-31T09:05")
    for box in office.page.locator("input[name=to]").all():
        box.check()
    office.page.click("button:has-text('Write it down')")
    office.page.wait_for_selector(".done")
    check(office, f"delivered-one-done-{width}")
    for one, path, name in (
        (office, "/overview", "overview"),
        (office, f"/roll?address={own}", "roll"),
        (office, "/roll?address=nobody@nowhere.example", "roll-unknown"),
        (dpo, "/history", "history"),
        (dpo, "/history?action=signed-in&until=2000-01-01", "history-empty"),
        (dpo, "/users", "users"),
        (office, "/account", "account"),
        (office, f"/delivered?address={sent}", "delivered"),
        (office, "/delivered?address=nobody@nowhere.example", "delivered-none"),
        (trust, "/schools", "schools"),
        (office, "/users", "not-mine"),
    ):
        one.open(path)
        unfold(one)
        one.page.evaluate("scrollTo(0, 0)")
        check(one, f"{name}-{width}")
    dpo.open("/users")
    dpo.page.click("button:has-text('Add')")
    assert dpo.page.title().startswith("Error: ")
    check(dpo, f"users-error-{width}")
    office.open("/roll")
    act(office, {}, "Add it")
    assert office.page.title().startswith("Error: ")
    check(office, f"roll-error-{width}")
    for one in (office, dpo, trust):
        fine(one)


def test_forced_colours_and_print_of_the_other_pages(visit):
    dpo = visit("dpo", forced_colors="active")
    for path, name in (("/overview", "overview"), ("/roll", "roll"), ("/users", "users"), ("/schools", "schools")):
        dpo.open(path)
        dpo.picture(f"{name}-forced-colours")
    dpo.open("/overview")
    bars = dpo.page.locator("svg rect")
    fills = {one.evaluate("one => getComputedStyle(one).fill") for one in bars.all()}
    # Two kinds of bars have to stay two: colours are the user's, but not the same for both.
    assert len(fills) >= 2 or not bars.count()
    dpo.page.emulate_media(media="print")
    assert not dpo.page.locator(".bar").is_visible()
    dpo.picture("overview-print")


def test_ticked_emails_open_one_after_the_other_without_javascript(visit):
    office = visit("office", java_script_enabled=False)
    subjects = [one.text_content() for one in office.page.locator("tr:not(.is-group) th > a").all()][1:3]
    for box in office.page.locator("input[name=one]").all()[1:3]:
        box.check()
    office.page.click("button:has-text('Review selected')")
    for n, subject in enumerate(subjects):
        assert subject in office.page.locator("dl").first.text_content()
        if n == 0:
            assert "1 email more selected" in office.page.content()
            office.picture("message-selected")
            office.page.check("input[value=stop]")
            office.page.check("input[value=wrong-recipient]")
            office.page.click(".decide button")
            office.page.click("a:has-text('Next selected email')")
    assert "more selected" not in office.page.content()
    office.open("/held?missing=ticks")
    office.picture("held-ticks-error")
    fine(office)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_second_step_is_set_up_and_asked_for_without_javascript(visit, house, width):
    name = f"phone{width}"
    house.mailguard("user", "add", name)
    house.mailguard("user", "password", name)
    mine = visit(name, width, java_script_enabled=False)
    shown = visit("", width)  # the checks need JavaScript; the pages do not
    mine.open("/account")
    mine.page.fill("#password", "not this")
    mine.page.click("button:has-text('Set it up')")
    assert mine.page.title().startswith("Error: ")
    mine.page.fill("#password", house.password)
    mine.page.click("button:has-text('Set it up')")
    secret = mine.page.locator("code.secret").text_content().replace(" ", "")
    assert mine.page.locator("svg.code").bounding_box()["width"] > 150
    look(mine, shown, f"second-step-{width}")
    mine.page.fill("#code", "abc")
    mine.page.click("button:has-text('Turn it on')")
    assert mine.page.title().startswith("Error: ")
    # The code before this one, so that this one is still good for signing in.
    mine.page.fill("#code", pyotp.TOTP(secret).at(time.time() - 15))
    mine.page.click("button:has-text('Turn it on')")
    assert mine.page.locator(".codes code").count() == 8
    look(mine, shown, f"recovery-codes-{width}")
    recovery = mine.page.locator(".codes code").first.text_content()
    mine.open("/account")
    look(mine, shown, f"account-with-second-step-{width}")
    other = visit("", width, java_script_enabled=False)
    other.open("/sign-in?next=/held")
    other.page.fill("#name", name)
    other.page.fill("#password", house.password)
    other.page.click("main button")
    look(other, shown, f"sign-in-code-{width}")
    other.page.fill("#code", "abc")
    other.page.click("main button")
    assert other.page.title().startswith("Error: ")
    look(other, shown, f"sign-in-code-error-{width}")
    other.page.fill("#code", recovery)
    other.page.click("main button")
    assert "/held" in other.page.url
    for one in (mine, other):
        fine(one)


def look(visit, shown, name):
    """Check a page that was reached without JavaScript as another browser shows it."""
    shown.page.route("**/looked-at", lambda route: route.fulfill(body=visit.page.content(), content_type="text/html"))
    shown.open("/looked-at")
    check(shown, name)
    shown.page.unroute("**/looked-at")
