"""Every page in every state that it has: accessible, no wider than a phone, nothing runs; and its pictures at every
width, in forced colours and on paper."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from unit.console.conftest import URL, desk, pattern  # noqa: F401 - fixtures

from mailguard.console.routes import ROUTES

from .conftest import PICTURES
from .pagestates import NO_PAGE, STATES, WHY_NOT
from .test_office import AXE, WIDTHS

PAPER = {"width": 718, "height": 1047}
"""A4 without its margins, in CSS pixels."""
VIEWS = (*(str(width) for width in WIDTHS), "forced", "print")
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true })"
CASES = [(name, state) for name, states in STATES.items() for state, made in states.items() if callable(made)]


def test_every_page_is_in_the_table_with_every_state():
    pages = {route.name for route in ROUTES if not route.api and route.path != "/api/v1/openapi.json"}
    assert pages == set(STATES) | set(NO_PAGE)
    assert not set(STATES) & set(NO_PAGE)
    for name, states in STATES.items():
        assert {"full", "empty", "error"} <= set(states), name
        assert any(callable(one) for one in states.values()), name
        for state, made in states.items():
            # What has no picture says why, in one of few ways: nothing is left out by a remark.
            assert callable(made) or made in WHY_NOT, (name, state)


def picture_name(name, state, view):
    """Under what name a page in a state is kept as it looks in a view."""
    return f"state-{name}-{state}-{view}"


@pytest.fixture(scope="module")
def screen(chromium):
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("name", "state"), CASES)
def test_a_page_in_a_state(desk, screen, name, state):  # noqa: F811 - the fixture
    made = STATES[name][state](desk)
    assert made.headers["content-type"].startswith("text/html"), made.headers
    assert made.status_code != 303
    assert made.status_code < 500 or state in BROKEN, "a page that fails shows nothing of the state"
    if state == "error":
        assert made.status_code >= 400 or name in SAID_ON_THE_PAGE, made.status_code
    style = desk.browser().get("/static/console.css")
    trouble = []
    note = lambda said: trouble.append(said.text)  # noqa: E731

    def serve(route):
        if "/static/console.css" in route.request.url:
            route.fulfill(body=style.content, content_type="text/css")
        elif route.request.is_navigation_request():
            route.fulfill(status=200, body=made.content, headers=dict(made.headers))
        else:
            route.fulfill(status=404, body="")

    screen.on("console", note)
    screen.route("**/*", serve)
    taken = []

    def take(view):
        path = PICTURES / f"{picture_name(name, state, view)}.png"
        screen.screenshot(path=path, full_page=True)
        taken.append(path.stat().st_size)

    PICTURES.mkdir(parents=True, exist_ok=True)
    screen.set_viewport_size({"width": WIDTHS[0], "height": 768})
    screen.goto(f"{URL}/shown")
    assert screen.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "block"
    screen.evaluate(OPEN)
    found = Axe().run(screen, options={"runOnly": AXE["runOnly"]})
    assert found.violations_count == 0, found.generate_report()
    for width in (1024, 800, *WIDTHS):
        screen.set_viewport_size({"width": width, "height": 768})
        across = screen.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert across[0] <= across[1], f"{across[0]} wide on a screen of {across[1]}"
        if width in WIDTHS:
            take(str(width))
    screen.set_viewport_size({"width": WIDTHS[0], "height": 768})
    screen.emulate_media(forced_colors="active")
    take("forced")
    screen.emulate_media(forced_colors="none", media="print")
    screen.set_viewport_size(PAPER)
    across = screen.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert across[0] <= across[1], f"{across[0]} wide on paper of {across[1]}"
    take("print")
    screen.emulate_media(media="screen")
    screen.unroute("**/*")
    screen.remove_listener("console", note)
    assert [one for one in trouble if "status of 4" not in one] == []
    assert len(taken) == len(VIEWS)
    assert min(taken) > 5_000


BROKEN = ("broken", "no-store", "unreachable")
SAID_ON_THE_PAGE = ("held.show", "delivered.find", "roll.show", "history.show", "signin.show")
"""Where nothing was refused: the page says that nothing is found, or what to do."""
