"""The dashboards in a real browser: every width, with data and without, no script, in forced colours."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from dialogues.servekit import free_port
from unit.console.promserver import Prometheus

from .conftest import House
from .test_office import WIDTHS, check, fine
from .test_other_screens import unfold


@pytest.fixture(scope="module")
def prom(house: House) -> Iterator[Prometheus]:
    codes = sorted({row["school"] for row in house.roll("pupils")})
    with Prometheus([*codes, *(f"S{n:02}" for n in range(20)), "unknown"]) as it:
        yield it


@pytest.fixture(scope="module")
def watching(house: House, prom: Prometheus) -> Iterator[House]:
    """A second console on the demo's store, that knows of a Prometheus."""
    port = free_port()
    text = (house.folder / "mailguard.toml").read_text(encoding="utf-8")
    before, _, rest = text.partition("[console]\n")
    after = "[" + rest.partition("\n[")[2] if "\n[" in rest else ""
    own = f'[console]\nlisten = "127.0.0.1:{port}"\nprometheus = "{prom.url}"\n'
    path = house.folder / "watching.toml"
    path.write_text(before + own + after, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "mailguard", "console", "--config", str(path)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if "listens on" in line:
                break
        assert "listens on" in said, said
        yield replace(house, url=f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def go(visit, watching):
    """A visit to the second console."""

    def make(name, width=1366, **options):
        made = visit("", width, **options)
        made.house = watching
        made.sign_in(name)
        return made

    return make


@pytest.mark.parametrize("width", WIDTHS)
def test_every_dashboard_is_accessible_at_every_width(visit, go, prom, width):
    prom.mood = "fine"
    trust = go("trust", width)
    for board in ("trust", "school", "relay"):
        trust.open(f"/dashboards/{board}?range=7d")
        assert trust.page.locator("svg.curves").count() >= 3
        check(trust, f"dashboard-{board}-{width}")
        unfold(trust)
        check(trust, f"dashboard-{board}-tables-{width}")
    # An answer is kept for a moment: each mood is asked about another school.
    for mood, school, span in (("empty", "ELM", "6h"), ("hostile", "unknown", "24h"), ("refuse", "OAK", "30d")):
        prom.mood = mood
        trust.open(f"/dashboards/trust?range={span}&school={school}")
        assert "No data" in trust.page.content() or mood != "empty"
        unfold(trust)
        check(trust, f"dashboard-{mood}-{width}")
    prom.mood = "fine"
    fine(trust)
    nobody = visit("trust", width)
    nobody.open("/dashboards/trust")
    assert "There are no dashboards here yet" in nobody.page.content()
    check(nobody, f"dashboard-not-set-{width}")
    fine(nobody)


def test_school_and_time_are_chosen_by_key_and_without_javascript(go, prom):
    technician = go("technician", java_script_enabled=False)
    technician.page.click("nav >> text=Dashboards")
    technician.page.click("nav[aria-label=Dashboards] >> text=One school")
    wanted = technician.page.locator("#school option").nth(1)
    code, name = wanted.get_attribute("value"), wanted.text_content()
    technician.page.select_option("#school", code)
    technician.page.select_option("#range", "30d")
    technician.page.focus("#range")
    technician.page.keyboard.press("Tab")
    technician.page.keyboard.press("Enter")
    technician.page.wait_for_url("**range=30d")
    assert technician.page.locator("#school option:checked").text_content() == name
    assert technician.page.locator("#range option:checked").text_content() == "30 days"
    assert f'school="{code}"' in prom.asked[-1]["query"]
    technician.page.click("nav[aria-label=Dashboards] >> text=Trust")
    assert technician.page.locator("#school option:checked").text_content() == name  # what was chosen stays chosen
    fine(technician)


def test_forced_colours_and_print(go, prom):
    trust = go("trust", forced_colors="active")
    trust.open("/dashboards/trust")
    lines = {
        one.evaluate("one => getComputedStyle(one).stroke + getComputedStyle(one).strokeDasharray")
        for one in trust.page.locator(".legend path").all()
    }
    assert len(lines) >= 4
    trust.picture("dashboard-forced-colours")
    trust.page.emulate_media(media="print")
    assert not trust.page.locator(".filters").is_visible()
    trust.picture("dashboard-print")
