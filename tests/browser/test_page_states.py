"""Every page in every state that it has: accessible, no wider than a phone, nothing runs."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from unit.console.conftest import URL, desk, pattern  # noqa: F401 - fixtures

from mailguard.console.routes import ROUTES

from .conftest import PICTURES
from .pagestates import NO_PAGE, STATES
from .test_office import AXE

CASES = [(name, state) for name, states in STATES.items() for state, made in states.items() if callable(made)]


def test_every_page_is_in_the_table_with_every_state():
    pages = {route.name for route in ROUTES if not route.api and route.path != "/api/v1/openapi.json"}
    assert pages == set(STATES) | set(NO_PAGE)
    assert not set(STATES) & set(NO_PAGE)
    for name, states in STATES.items():
        assert {"full", "empty", "error"} <= set(states), name
        assert any(callable(one) for one in states.values()), name


@pytest.fixture(scope="module")
def screen(chromium):
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("name", "state"), CASES)
def test_a_page_in_a_state(desk, screen, name, state):  # noqa: F811 - the fixture
    made = STATES[name][state](desk)
    assert made.headers["content-type"].startswith("text/html"), made.headers
    assert made.status_code != 303
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
    screen.set_viewport_size({"width": 1366, "height": 768})
    screen.goto(f"{URL}/shown")
    assert screen.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "block"
    screen.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(screen, options={"runOnly": AXE["runOnly"]})
    assert found.violations_count == 0, found.generate_report()
    PICTURES.mkdir(parents=True, exist_ok=True)
    screen.screenshot(path=PICTURES / f"state-{name}-{state}.png", full_page=True)
    for width in (640, 320):
        across = screen.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert across[0] <= across[1], f"{across[0]} wide on a screen of {across[1]}"
        screen.set_viewport_size({"width": width, "height": 640})
    across = screen.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert across[0] <= across[1], f"{across[0]} wide on a screen of {across[1]}"
    screen.screenshot(path=PICTURES / f"state-{name}-{state}-320.png", full_page=True)
    screen.unroute("**/*")
    screen.remove_listener("console", note)
    assert [one for one in trouble if "status of 4" not in one] == []


SAID_ON_THE_PAGE = ("held.show", "delivered.find", "roll.show", "history.show", "signin.show")
"""Where nothing was refused: the page says that nothing is found, or what to do."""
