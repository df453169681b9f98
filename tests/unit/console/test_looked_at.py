"""What was found wrong by looking at pictures of every page: each stays mended."""

import re
from datetime import timedelta

import pytest

from mailguard.console.charts import Bar, bars, even_top
from mailguard.console.prometheus import Patience
from mailguard.console.prometheus import Prometheus as Client
from mailguard.hold.decisions import By, Reason, refuse
from mailguard.store import audit, users
from mailguard.store.retention import erase_content
from mailguard.store.tables import decision_day
from mailguard.store.users import Grant, Role, User

from .conftest import form_of


def text_of(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_redirected_email_is_not_called_stopped(desk):
    desk.hold(to=("helen@home.example", "robin@home.example"), held=2)
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="redirect", reason="wrong-recipient")
    form = {key: value for key, value in form.items() if key != "choosing"}
    sent = browser.post("/held/m1/redirect", data=form_of(browser.post("/held/m1", data=form).text, to="0"))
    page = text_of(browser.get(sent.headers["location"]).text)
    assert page.count("Received nothing: it went to the right family instead") == 2
    assert "Stopped" not in page


def test_an_email_whose_text_is_erased_still_has_its_page(desk):
    desk.hold()
    browser = desk.browser("office")
    browser.post("/held/m1", data=form_of(browser.get("/held/m1").text, action="stop", reason="wrong-recipient"))
    with desk.database.write() as tx:
        assert erase_content(tx, tx.now + timedelta(days=1), 10) == 1
    page = browser.get("/held/m1")
    assert page.status_code == 200
    assert "no longer kept" in page.text
    assert "see the text" not in page.text  # there is none to see


def test_a_reason_whose_text_is_not_shown_links_nowhere(desk):
    desk.hold("here")
    desk.hold("gone", place=("lost.pdf", "page 1"))
    browser = desk.browser("office")
    assert 'href="#mark-1">see the text' in browser.get("/held/here").text
    assert "#mark-1" not in browser.get("/held/gone").text


def test_the_middle_of_a_scale_is_what_its_line_says():
    for most in (*range(120), 151, 999, 1000, 1001, 123_456):
        top = even_top(most)
        assert most <= top <= max(2, 2 * most)
        assert top % 2 == 0


def test_a_plot_says_top_and_middle():
    drawn = bars([Bar("a", 35, 18), Bar("b", 3)], "x")
    assert re.findall(r'text-anchor="end">([\d,]+)<', drawn) == ["40", "20"]


def test_reasons_are_counted_for_the_time_that_is_shown(desk):
    for n in range(3):
        desk.hold(f"m{n}")
    with desk.database.write() as tx:
        refuse(tx, "m0", By("office", "x", Reason.HARMLESS))
        tx.connection.execute(decision_day.update().values(day=decision_day.c.day - 28))
        refuse(tx, "m1", By("office", "x", Reason.WRONG_RECIPIENT))
        refuse(tx, "m2", By("office", "x", Reason.WRONG_RECIPIENT))
    page = desk.browser("office").get("/overview").text
    counted = dict(re.findall(r'>([^<]*)</th><td data-label="Decisions">(\d+)<', page))
    assert {words: count for words, count in counted.items() if count != "0"} == {
        "It was going to the wrong person": "2"
    }


def test_the_overview_names_its_days(desk):
    page = text_of(desk.browser("office").get("/overview").text)
    now = desk.site.now()
    assert f"{now.day} {now:%B %Y}" in page


def test_a_saved_history_holds_nothing_unseen(desk):
    turned = "\u202egnp.exe\u2066 \u200b=1+1\ufeff"
    with desk.database.write() as tx:
        audit.append(tx, [audit.Entry("viewed", "\u200b=cmd", "m1", "OAK", turned)])
    dpo = desk.browser("dpo")
    token = form_of(dpo.get("/history").text)["token"]
    table = dpo.post("/history.csv", data={"token": token}).text.lstrip("\ufeff")
    assert "gnp.exe =1+1" in table
    assert "'=cmd" in table
    assert not set(table) & set("\u202e\u2066\u200b\ufeff")


@pytest.mark.parametrize("user", ["dpo", "trust"])
def test_who_cannot_set_dashboards_up_is_not_told_how(desk, user):
    page = desk.browser(user).get("/dashboards/trust").text
    assert "There are no dashboards here yet" in page
    for word in ("[console]", "http://127.0.0.1:9090", "deploy/prometheus", "Prometheus"):
        assert word not in page
    assert 'href="/schools"' in page.partition("<main")[2]


def test_a_technician_is_told_how_dashboards_are_set_up(desk):
    assert "prometheus = " in desk.browser("technician").get("/dashboards/trust").text


def test_a_dashboard_on_paper_says_whose_it_is_and_of_when(desk):
    desk.site.prometheus = Client("http://127.0.0.1:1", Patience(connect=1, answer=1, page=1, kept=0, alone=0))
    page = desk.browser("dpo").get("/dashboards/school", params={"school": "ELM", "range": "7d"}).text
    desk.site.prometheus.close()
    assert re.search(r'<p class="printed">Elm Tree Academy, 7 days to today \d', page)
    # Nothing answers there: that is said once in words for everybody, and that mail is safe.
    assert page.count("These figures cannot be shown just now") == 1
    assert "checked and held all the same" in page


@pytest.mark.parametrize(
    ("path", "section"),
    [("/held/m1", "/held"), ("/held", "/held"), ("/delivered", "/delivered"), ("/help", "/help"), ("/roll", "/roll")],
)
def test_the_menu_says_where_one_is(desk, path, section):
    desk.hold()
    menu = desk.browser("dpo").get(path).text.partition("</header>")[0]
    assert re.findall(r'href="([^"]*)" aria-current', menu) == [section]


def test_help_is_in_everybody_s_menu(desk):
    for user in ("office", "technician", "trust", "auditor"):
        assert 'href="/help"' in desk.browser(user).get("/help").text.partition("</header>")[0]


def test_faults_of_a_report_stand_in_the_order_of_the_form_and_keep_what_was_unticked(desk):
    from sqlalchemy import update

    from mailguard.store.tables import recipient

    desk.hold()
    with desk.database.write() as tx:
        tx.connection.execute(update(recipient).values(state="sent", settled_at=tx.stamp))
    browser = desk.browser("office")
    token = form_of(browser.get("/delivered/m1").text)["token"]
    page = browser.post("/delivered/m1", data={"token": token, "why": "", "aware": "2999-01-01T00:00"}).text
    assert re.findall(r'<a href="#(\w+)">', page.partition("<h1>")[0]) == ["to", "why", "aware"]
    assert not re.search(r'name="to"[^>]* checked', page)


@pytest.mark.parametrize(
    ("user", "path", "leads"),
    [("office", "/groups/none", "/held"), ("dpo", "/users/dpo/sign-out", "/users")],
)
def test_a_refusal_leads_on_to_where_it_helps(desk, user, path, leads):
    browser = desk.browser(user)
    token = form_of(browser.get("/account").text.partition("</header>")[0])["token"]
    told = browser.get(path) if path.startswith("/groups") else browser.post(path, data={"token": token})
    assert f'class="govuk-button" href="{leads}"' in told.text


def test_somebody_with_a_technician_s_role_besides_is_told_too(desk):
    with desk.database.write() as tx:
        user = User("two", (Role.DPO,), also=(Grant(Role.TECHNICIAN, ""),))
        users.add(tx, user, "root", users.password_hash(tx, "office"))
    assert "prometheus = " in desk.browser("two").get("/dashboards/trust").text


def test_after_somebody_was_added_the_form_is_empty_for_the_next(desk):
    dpo = desk.browser("dpo")
    token = form_of(dpo.get("/users").text)["token"]
    page = dpo.post("/users", data={"token": token, "name": "Ann", "role": "office", "school": "OAK"}).text
    assert "Ann was added" in page
    form = page.partition('id="add"')[2]
    assert "Ann" not in form
    assert "checked" not in form
    refused = dpo.post("/users", data={"token": token, "name": "Ann", "role": "office", "school": "OAK"}).text
    assert 'value="Ann"' in refused.partition('id="add"')[2]  # what is refused is kept, to be mended
