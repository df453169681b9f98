"""Whole lives in a real browser: of a message that two people sent and should not have, of a group that two people
send, and of a trust's look at its schools."""

import csv
import io
import re
from email.message import EmailMessage

from .test_office import check, fine, message_path, record, wait_for
from .test_other_screens import unfold


def send(house, subject, n=5):
    """Send a report without anything sensitive to another family; returns its address."""
    _, text, to = record(house, n)
    sender = house.roll("staff")[0]["email"]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text.partition("Mark")[0])
    house.send(message, sender, to)
    return to


def test_from_the_hold_to_the_register_of_what_went_wrong(visit, house):
    """The office sends on what it should have stopped; the data protection officer finds it and writes it down."""
    to = send(house, "=1+1 details")
    office, dpo = visit("office"), visit("dpo")
    wait_for(office, "/held", "=1+1 details")
    path = message_path(office, "=1+1 details")
    office.open(path)
    office.page.check("input[value=send]")
    office.page.check("input[value=different-person]")
    office.page.fill("#note", "=HYPERLINK(1)")
    office.page.click(".decide button")
    office.page.wait_for_selector(".done")
    assert office.page.locator("h1").text_content().startswith("Sent on: this email was held because")
    wait_for(office, path, "it answered 250")

    dpo.open("/overview")
    assert dpo.page.locator("text=held for somebody").count() == 1
    dpo.page.click("nav a:has-text('History')")
    dpo.page.select_option("#action", "released")
    dpo.page.click("button:has-text('Show')")
    dpo.page.locator(f"table.list a[href='{path}']").first.click()
    assert "another person of that name: =HYPERLINK(1)" in dpo.page.content()
    dpo.page.click("a:has-text('This was delivered and should not have been')")
    assert dpo.page.locator("h1").text_content() == "=1+1 details"
    dpo.page.check("input[name=to]")
    dpo.page.fill("#why", "It was the other Sam")
    dpo.page.click("button:has-text('Write it down')")
    assert "72 hours" in dpo.page.locator(".done").text_content()
    dpo.page.click("nav a:has-text('Sent emails')")
    assert "It was the other Sam" in dpo.page.content()
    dpo.page.fill("#address", to)
    dpo.page.click("button:has-text('Find')")
    assert dpo.page.locator("table.list a:has-text('=1+1 details')").count() == 1

    dpo.page.click("nav a:has-text('History')")
    with dpo.page.expect_download() as saved:
        dpo.page.click("button:has-text('Save as a table')")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text("utf-8-sig"))))
    acts = {row["action"]: row for row in rows}
    assert acts["delivered-wrongly"]["reason"] == "It was the other Sam"
    assert acts["released"]["by"] == "office"
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    dpo.open("/history")
    assert "History saved as a table" in dpo.page.locator("table.list").text_content()
    for one in (office, dpo):
        fine(one)


def test_an_exception_is_asked_for_allowed_and_taken_back(visit, house):
    office, head, dpo = visit("office"), visit("head"), visit("dpo")
    pupil = house.roll("pupils")[3]
    name, address = f"{pupil['forename']} {pupil['surname']} {pupil['registration_group']}", "granny@walk.example"
    office.open("/roll")
    unfold(office)
    office.page.check("input[value=address-missing]")
    office.page.fill("#pupil", name)
    office.page.fill("#correction-address", address)
    office.page.fill("#note", "She has moved in")
    office.page.click("button:has-text('Note it')")
    office.page.wait_for_selector(".done")
    assert not office.page.locator("button:has-text('Let it receive')").count()
    head.open("/roll")
    head.page.click(f"button:has-text('Let it receive for 30 days ({address})')")
    head.page.wait_for_selector(".done")
    head.open(f"/roll?address={address}")
    assert "May receive information about" in head.page.content()
    dpo.open("/roll")
    row = dpo.page.locator("tr", has_text="May receive as well").filter(has_text=address)
    row.locator("button").click()
    assert "Say why it ends" in dpo.page.locator(".govuk-error-summary").text_content()
    row.locator("input[name=why]").fill("The parents objected")
    row.locator("button").click()
    dpo.page.wait_for_selector(".done")
    dpo.open(f"/roll?address={address}")
    assert "May receive no pupil's information" in dpo.page.content()
    for one in (office, head, dpo):
        fine(one)


def test_a_group_that_two_people_send(visit):
    office, head = visit("office"), visit("head")
    link = office.page.locator("a[href^='/groups/']").first
    count = re.search(r"\d+", link.text_content())[0]
    link.click()
    path = office.page.url.removeprefix(office.house.url)
    office.page.click("a:has-text('See what would go to whom')")
    each = [one.get_attribute("href") for one in office.page.locator("table.people th a").all()]

    def fill(visit, button):
        visit.page.check("input[value=roll-out-of-date]")
        visit.page.fill("#note", "The two families have swapped homes")
        visit.page.fill("#count", count)
        visit.page.click(f"button:has-text('{button}')")
        visit.page.wait_for_selector(".done")

    fill(office, "Ask a second person")
    office.open(path + "/send")
    assert "has to answer" in office.page.content()
    head.open("/held?second=1")
    head.page.click(f"a[href='{path}']")
    head.page.click("a:has-text('See what would go to whom')")
    assert "The two families have swapped homes" in head.page.content()
    check(head, "group-send-asked")
    fill(head, "Send all")
    for one in each:
        wait_for(head, one, "it answered 250")
        assert "after office had asked" in head.page.content()
    for one in (office, head):
        fine(one)


def test_a_trust_sees_counts_and_nobody(visit, house):
    office, trust = visit("office"), visit("")
    path = office.page.locator("a[href^='/held/M'], a[href^='/held/']").first.get_attribute("href")
    trust.sign_in("trust")
    assert trust.page.url == house.url + "/schools"
    menu = {one.text_content() for one in trust.page.locator("nav[aria-label=Menu] a").all()}
    assert {"Schools"} <= menu <= {"Schools", "Dashboards", "Help"}
    text = trust.page.locator("main").inner_text()
    people = {
        row[key] for table in ("pupils", "contacts", "staff") for row in house.roll(table) for key in ("surname",)
    }
    words = set(re.findall(r"\w+", text))
    schools = set(re.findall(r"\w+", " ".join(row["school"] for row in house.roll("pupils"))))
    assert not (people - schools) & words
    assert "@" not in text
    assert len(re.findall(r"\d+", text)) >= 8
    for hidden in (path, "/held", "/history", "/roll", "/users", "/delivered", "/overview", "/groups/none"):
        assert trust.page.goto(house.url + hidden).status == 404, hidden
        assert trust.page.locator("h1").text_content() == "Page not found"
    fine(trust)
