"""The page of dashboards: who sees whose figures, and what it says when Prometheus does not."""

import re
import time
from collections.abc import Iterator

import pytest

from mailguard.console import panels
from mailguard.console.boards import Kind, Panel, Query, Scope, boards, for_schools, read_board
from mailguard.console.prometheus import Answer, Asked, Fault, Patience, Series, Span, read_answer
from mailguard.console.prometheus import Prometheus as Client
from mailguard.console.units import amount
from mailguard.store import users
from mailguard.store.users import Grant, Role, User

from .promserver import Prometheus

SPAN = Span(0, 3600, 600)
SHORT = Patience(connect=1, answer=0.5, page=1, kept=0, alone=0)
WATCHERS = (
    User("dpo-oak", (Role.DPO,), "OAK"),
    User("technician-elm", (Role.TECHNICIAN,), "ELM"),
    User("two", (Role.DPO,), "OAK", also=(Grant(Role.TRUST, "ELM"), Grant(Role.OFFICE, "ASH"))),
)


@pytest.fixture
def prom() -> Iterator[Prometheus]:
    with Prometheus(["ASH", "ELM", "OAK", "unknown"]) as it:
        yield it


@pytest.fixture
def watched(desk, prom):
    """The desk with a Prometheus, and people of single schools."""
    desk.site.prometheus = Client(prom.url, Patience(kept=0, alone=0))
    from .conftest import PASSWORD

    with desk.database.write() as tx:
        from argon2 import PasswordHasher

        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        for user in WATCHERS:
            users.add(tx, user, "root", hashed)
    yield desk
    desk.site.prometheus.close()


def curve(*series, unit="short"):
    query = Query("x", "{{school}}", False)
    return panels.draw(Panel(Kind.CURVE, "Mail", "", unit, (query,)), [(query, Answer(tuple(series)))], SPAN)


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_the_whole_is_seen_by_those_of_every_school(watched, prom):
    for user in ("technician", "trust", "dpo"):
        browser = watched.browser(user)
        assert browser.get("/dashboards").headers["location"] == "/dashboards/trust"
        page = browser.get("/dashboards/trust").text
        assert page.count("<section") == len(boards()["trust"].panels)
        assert "Oakfield Primary School" in page
        assert "Elm Tree Academy" in page
        assert "School not known" in page
        assert browser.get("/dashboards/relay").text.count("<section") == len(boards()["relay"].panels)
        one = browser.get("/dashboards/school", params={"school": "ELM"}).text
        assert re.search(r'<option value="ELM" selected>', one)
        assert one.count("<svg") > 3
    assert not any("$school" in one["query"] for one in prom.asked)


@pytest.mark.parametrize("mood", ["fine", "leaky"])
def test_one_school_s_officer_sees_that_school_alone(watched, prom, mood):
    prom.mood = mood
    browser = watched.browser("dpo-oak")
    assert browser.get("/dashboards").headers["location"] == "/dashboards/school"
    for path in (
        "/dashboards/school",
        "/dashboards/trust",
        "/dashboards/trust?school=OAK",
        "/dashboards/school?range=30d",
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert "Oakfield" in page.text
        assert not re.search("ELM|Elm Tree|ASH|School not known", page.text), path
    assert prom.asked
    for one in prom.asked:  # nothing was even asked about anybody else
        assert re.search(r'school=~?"OAK"', one["query"]), one["query"]
        assert one["query"].count("mailguard_") == len(re.findall(r'school=~?"OAK"', one["query"]))


@pytest.mark.parametrize(
    "path",
    [
        "/dashboards/relay",
        "/dashboards/school?school=ELM",
        "/dashboards/trust?school=ELM",
        "/dashboards/trust?school=unknown",
        "/dashboards/trust?school=OAK&school=ELM",
        "/dashboards/trust?school=.*",
        '/dashboards/trust?school=OAK"}',
        "/dashboards/none",
        "/dashboards/..%2Fschool",
    ],
)
def test_what_is_another_s_is_not_there(watched, prom, path):
    assert watched.browser("dpo-oak").get(path).status_code == 404
    assert prom.asked == []


def test_a_role_that_gives_no_figures_at_a_school_gives_none_there(watched, prom):
    page = watched.browser("two").get("/dashboards/trust").text  # dpo of OAK, trust of ELM, office of ASH
    assert "Oakfield" in page
    assert "Elm Tree" in page
    assert "ASH" not in page
    assert all('school=~"ELM|OAK"' in one["query"] for one in prom.asked)


def test_every_query_of_a_dashboard_of_schools_is_bound_to_them():
    assert {name: one.scope for name, one in boards().items()} == {
        "trust": Scope.SOME, "school": Scope.ONE, "relay": Scope.WHOLE,
    }  # fmt: skip
    for name in ("trust", "school"):
        assert [panel.title for panel in boards()[name].panels if not panel.bound] == []


@pytest.mark.parametrize(
    "expression",
    [
        "mailguard_held_messages",
        "sum(mailguard_held_messages)",
        'mailguard_held_messages{school=~".*"}',
        'mailguard_held_messages{verdict="school=\\"$school\\""}',
        'mailguard_a{school="$school"} / mailguard_b',
        'mailguard_a{school!="$school"}',
        'mailguard_a{x="}"} + {school="$school"}',
        "up",
        "1",
    ],
)
def test_a_panel_that_counts_others_too_is_left_out(prom, expression):
    panel = Panel(Kind.FIGURE, "x", "", "short", (Query(expression, "", True),))
    assert not panel.bound
    board = boards()["trust"].__class__("trust", "Trust", "", Scope.SOME, (panel,))
    client = Client(prom.url, SHORT)
    assert panels.look(board, client, SPAN, {"OAK"}) == []
    assert len(panels.look(board, client, SPAN, None)) == 1
    client.close()


@pytest.mark.parametrize("code", ['a"b', "a\\b", "a.b", "a|b", "a-b", "ü", "a b", ".*", 'x"} or vector(1) #', "a\nb"])
def test_a_school_s_code_is_data(code):
    plain = for_schools('m{school="$school"}', (code,))
    inner = re.fullmatch(r'm\{school="((?:[^"\\\n]|\\.)*)"\}', plain)
    assert inner, plain
    unescaped = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), inner[1])
    assert unescaped == code
    listed = for_schools('m{school=~"$school"}', {code, "OAK"})
    inner = re.fullmatch(r'm\{school=~"((?:[^"\\\n]|\\.)*)"\}', listed)
    pattern = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), inner[1])
    assert re.fullmatch(pattern, code)
    assert re.fullmatch(pattern, "OAK")
    assert not re.fullmatch(pattern, "ELM")


# --- what it says when there is nothing to draw -----------------------------------------------------------------------


def test_without_a_prometheus_the_page_says_how_to_set_one(desk):
    page = desk.browser("technician").get("/dashboards/trust")
    assert page.status_code == 200
    assert (
        "prometheus = &#34;http://127.0.0.1:9090&#34;" in page.text
        or 'prometheus = "http://127.0.0.1:9090"' in page.text
    )
    assert '<form class="filters"' not in page.text


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("refuse", Fault.REFUSED),
        ("page", Fault.GARBLED),
        ("garbage", Fault.GARBLED),
        ("packed", Fault.GARBLED),
        ("elsewhere", Fault.GARBLED),
    ],
)
def test_a_wrong_answer_is_said_and_not_shown(watched, prom, mood, said):
    prom.mood = mood
    page = watched.browser("trust").get("/dashboards/trust")
    assert page.status_code == 200
    assert page.text.count(panels.FAULTS[said]) == len(boards()["trust"].panels)
    assert "secret" not in page.text
    assert "nothing here</h1>" not in page.text


@pytest.mark.parametrize("mood", ["empty", "nan"])
def test_nothing_to_draw_is_said(watched, prom, mood):
    prom.mood = mood
    page = watched.browser("trust").get("/dashboards/trust?range=6h")
    assert page.status_code == 200
    curves = [panel for panel in boards()["trust"].panels if panel.kind is Kind.CURVE]
    assert page.text.count("No data in this range.") == len(curves)
    assert page.text.count("No data") == len(boards()["trust"].panels)
    assert not re.search(r"\bnan\b|\binf\b", page.text, re.IGNORECASE)


def test_hostile_labels_are_text(watched, prom):
    prom.mood = "hostile"
    page = watched.browser("dpo").get("/dashboards/trust").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "W" * 81 not in page
    assert " style=" not in page


def test_a_dead_prometheus_and_one_that_hangs_hold_nobody_up(watched, prom):
    prom.mood = "hang"
    watched.site.prometheus = Client(prom.url, SHORT)
    browser = watched.browser("trust")
    page = browser.get("/dashboards/trust")
    assert page.status_code == 200
    assert page.text.count(panels.FAULTS[Fault.SLOW]) == len(boards()["trust"].panels)
    prom.__exit__()
    watched.site.prometheus = Client(prom.url, Patience(alone=600))
    page = browser.get("/dashboards/trust")
    assert page.text.count(panels.FAULTS[Fault.DOWN]) == len(boards()["trust"].panels)


def test_so_many_wait_and_no_more(prom):
    import threading

    prom.mood = "hang"
    client = Client(prom.url, Patience(answer=60, page=60))
    pages = [threading.Thread(target=client.ask, args=([Asked(f"x{n}")],), daemon=True) for n in range(8)]
    for page in pages:
        page.start()
    until = time.monotonic() + 60
    while client._pages._value and time.monotonic() < until:  # until all eight wait
        time.sleep(0.01)
    found = client.ask([Asked("y")])
    assert found == [Answer(fault=Fault.BUSY)]
    prom.release.set()
    for page in pages:
        page.join(60)
    client.close()


def test_a_silent_server_is_left_alone_for_a_while(prom):
    client = Client(prom.url, Patience(alone=600))
    prom.__exit__()
    assert client.ask([Asked("x")])[0].fault is Fault.DOWN
    before = client._alone_until
    assert client.ask([Asked("y"), Asked("z")]) == [Answer(fault=Fault.DOWN)] * 2
    assert client._alone_until == before  # not asked again
    client.close()


def test_an_answer_is_kept_for_a_moment_and_a_fault_is_not(prom):
    client = Client(prom.url, Patience(kept=600, alone=0))
    prom.mood = "refuse"
    assert client.ask([Asked("x")])[0].fault is Fault.REFUSED
    prom.mood = "fine"
    first = client.ask([Asked("x"), Asked("x")])
    assert client.ask([Asked("x")]) == first[:1]
    assert len(prom.asked) == 2
    client.close()


def test_an_answer_without_end_is_cut_off(prom, monkeypatch):
    from mailguard.console import prometheus

    monkeypatch.setattr(prometheus, "MOST_BYTES", 100)
    client = Client(prom.url)
    assert client.ask([Asked("sum by (rule) (x)", SPAN)])[0].fault is Fault.GARBLED
    client.close()


def test_eighty_schools_are_drawn(watched, prom):
    prom.schools = [f"S{n:02}" for n in range(80)]
    page = watched.browser("trust").get("/dashboards/trust?range=30d").text
    assert page.count("<section") == len(boards()["trust"].panels)
    assert page.count("with 72 more") == 3
    assert page.count("with 70 more") == 3
    assert 'class="curve curve-7"' in page
    assert page.count('class="curve curve-rest"') >= 72
    assert len(page) < 2_000_000


def test_no_page_is_wider_or_more_than_the_policy_allows(watched):
    page = watched.browser("trust").get("/dashboards/relay")
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
    assert 'aria-current="page"' in page.text.partition("</header>")[0]


# --- reading and drawing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"status":"success","data":{"resultType":"string","result":[1,"x"]}}',
        b'{"status":"success","data":{"resultType":"matrix","result":{}}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"one"]}]}}',
        b"\xff\xfe{}",
    ],
)
def test_what_is_no_answer_is_no_answer(data):
    assert read_answer(data).fault is Fault.GARBLED


def test_an_answer_is_read():
    told = b'{"status":"success","warnings":["w"],"data":{"resultType":"%s","result":%s}}'
    matrix = read_answer(told % (b"matrix", b'[{"metric":{"a":"b"},"values":[[1,"1.5"],[2,"NaN"],[3.5,"-Inf"]]}]'))
    assert matrix.series == (Series({"a": "b"}, ((1, 1.5), (2, None), (3.5, None))),)
    assert read_answer(told % (b"vector", b'[{"metric":{},"value":[1,"7"]}]')).series == (Series({}, ((1, 7.0),)),)
    assert read_answer(told % (b"scalar", b'[1,"7"]')).series == (Series({}, ((1, 7.0),)),)
    assert read_answer(told % (b"vector", b"[]")) == Answer()
    histogram = b'[{"metric":{},"histograms":[[1,{"count":"1"}]]}]'
    assert read_answer(told % (b"matrix", histogram)).series == (Series({}, ()),)
    assert read_answer(b'{"status":"error","errorType":"bad_data","error":"x"}').fault is Fault.REFUSED


def test_a_line_breaks_where_there_is_nothing():
    view = curve(Series({"school": "A"}, ((0, 4.0), (600, None), (1200, 2.0), (1800, 2.0), (3600, 5.0))))
    assert 'd="M0.0 20.0h6M333.3 60.0L500.0 60.0M994.0 0.0h6"' in view.drawn
    assert view.scale == ("5", "2.5")
    assert (view.rows[0].now, view.rows[0].highest, view.rows[0].mean) == ("5", "5", "3.2")
    assert view.shown == 1


def test_what_matters_most_is_coloured_and_what_is_nought_is_not():
    many = [Series({"school": f"S{n:02}"}, ((0, float(n)), (3600, float(n)))) for n in range(20)]
    view = curve(*many)
    assert [row.name for row in view.rows[:2]] == ["S19", "S18"]
    assert (view.shown, view.more) == (8, 12)
    assert str(view.drawn).rindex("curve-0") > str(view.drawn).rindex("curve-rest")  # on top of the others
    none = curve(*(Series({"school": str(n)}, ((0, 0.0), (3600, 0.0))) for n in range(3)))
    assert none.shown == 3
    assert none.fault == ""


def test_a_number_is_red_from_its_alarm_on():
    query = Query("x", "", True)
    panel = Panel(Kind.FIGURE, "Oldest", "", "s", (query,), alarm=14400)

    def shown(value):
        return panels.draw(panel, [(query, Answer((Series({}, ((1, value),)),)))], SPAN).rows[0]

    assert (shown(14399.0).grave, shown(14400.0).grave) == (False, True)
    assert shown(18000.0).now == "5 hours"
    assert shown(18000.0).name == "Oldest"


def test_bars_are_as_long_as_their_share():
    query = Query("x", "{{action}}: {{reason}}", True)
    series = tuple(Series({"action": "a", "reason": str(n)}, ((1, float(n)),)) for n in (0, 2, 4))
    view = panels.draw(Panel(Kind.BARS, "Decisions", "", "short", (query,)), [(query, Answer(series))], SPAN)
    assert [row.name for row in view.rows] == ["a: 4", "a: 2", "a: 0"]
    assert ['width="100.0"' in row.mark or 'width="50.0"' in row.mark for row in view.rows] == [True, True, False]
    assert (view.shown, view.more) == (2, 1)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0, "s", "0 s"), (0.0123, "s", "12 ms"), (1.5, "s", "1.5 s"), (90, "s", "90 s"), (150, "s", "2.5 min"),
        (18000, "s", "5 hours"), (259200, "s", "3 days"), (0.5, "percentunit", "50 %"), (1234.56, "short", "1,235"),
        (12.34, "short", "12"), (1.26, "short", "1.3"), (0.0123, "short", "0.012"), (7, "short", "7"),
        (2.5e17, "short", "2.5e+17"),
        (-3, "short", "-3"),
    ],
)  # fmt: skip
def test_amounts(value, unit, said):
    assert amount(value, unit) == said


def test_rows_of_the_dashboards_are_full_and_never_too_wide():
    for board in boards().values():
        taken = 0
        for panel in board.panels:
            assert panel.width in (2, 3, 6)  # what the stylesheet knows
            assert taken + panel.width <= 12, (board.name, panel.title)
            taken = (taken + panel.width) % 12


def test_every_unit_and_kind_of_the_dashboards_is_known():
    known = {"short", "s", "percentunit"}
    assert {panel.unit for board in boards().values() for panel in board.panels} <= known
    with pytest.raises(ValueError):
        read_board(
            "x", b'{"title":"x","panels":[{"type":"geomap","title":"y","targets":[],"fieldConfig":{"defaults":{}}}]}'
        )


@pytest.mark.parametrize("name", panels.SPANS)
def test_spans_are_aligned_and_of_bearable_size(name):
    span = panels.span_of(name, 1_700_000_123.4)
    assert span.end % 60 == 0
    assert 150 <= (span.end - span.start) / span.step <= 300
