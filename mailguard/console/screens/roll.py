"""The school roll: how old it is, what is weak in it, what the school's system has wrong, and what the school lays over
it; and whose data an address may receive, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from mailguard.console.page import NotFound, Page, Refused
from mailguard.console.people import joined
from mailguard.enrol.actors import KEEPERS, Actor, Incomplete, NotAllowed
from mailguard.enrol.correcting import Noted, close_correction, export_corrections, list_corrections, note_correction
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.lookup import roll_status, who
from mailguard.enrol.overriding import Wanted, add_override, end_override, list_overrides
from mailguard.enrol.weaknesses import Weakness, problems_of
from mailguard.model import PupilKey
from mailguard.observe import Event, log
from mailguard.roll.corrections import Wrong
from mailguard.roll.keys import address_key
from mailguard.roll.overrides import OverrideKind
from mailguard.store import Conflict, Gone, audit
from mailguard.store.users import Reach

EXCEPTION_DAYS = 30
_MOST_SHOWN = 50
_MOST_TEXT = 2000
_MOST_NAMESAKES = 5


def show(page: Page) -> Response:
    """The page; with `address` it says what that address may receive."""
    return _answer(page)


def override(page: Page) -> Response:
    """Keep an address from a pupil, or keep an address secret: both only take permission away, so one person may."""
    kind = page.form.one("kind")
    if kind not in (OverrideKind.BAR, OverrideKind.CONFIDENTIAL):
        return _answer(page, 422, [("kind", "Choose what is to happen")])
    if not page.form.one("why"):
        return _answer(page, 422, [("why", "Say why: an order of court, say, with its day")])
    pupil, fault = _pupil(page, "override-pupil") if kind == OverrideKind.BAR else ("", [])
    if fault:
        return _answer(page, 422, fault)
    wanted = Wanted(
        OverrideKind(kind),
        page.form.one("override-address"),
        page.form.one("why")[:_MOST_TEXT],
        pupil,
        until=_day(page.form.one("until")),
    )
    return _act(page, "override-address", lambda door, actor: add_override(door, actor, wanted), "override")


def end(page: Page) -> Response:
    """End something that was laid over the roll."""
    number = number_of(page)
    _within(page, override_school(page, number))
    why = page.form.one("why")[:_MOST_TEXT]
    if not why:
        return _answer(page, 422, [(f"why-{number}", "Say why it ends")])
    return _act(page, f"why-{number}", lambda door, actor: end_override(door, actor, number, why), "end")


def note(page: Page) -> Response:
    """Note for the clerk what the school's system has wrong."""
    wrong = page.form.one("wrong")
    if wrong not in set(Wrong):
        return _answer(page, 422, [("wrong", "Choose what is wrong")])
    pupil, fault = _pupil(page, "pupil")
    if fault:
        return _answer(page, 422, fault)
    noted = Noted(
        Wrong(wrong),
        pupil,
        page.form.one("correction-address"),
        page.form.one("detail"),
        page.form.one("note")[:_MOST_TEXT],
    )
    return _act(page, "pupil", lambda door, actor: note_correction(door, actor, noted), "note")


def _pupil(page: Page, field: str) -> tuple[str, list[tuple[str, str]]]:
    """The pupil a field of the form names, as school and number; else what is wrong with it. One of another school is
    answered like one who does not exist."""
    people = page.people()
    text = page.form.one(field)
    if not text:
        return "", []
    found = people.called(text, page.reach)
    if len(found) == 1:
        return f"{found[0].school}/{found[0].pupil}", []
    if not found:
        return "", [(field, "No pupil of the roll is called that, or has that number")]
    either = joined(
        [f"{people.name_with_class(one)}: {one.school}/{one.pupil}" for one in found[:_MOST_NAMESAKES]], "or"
    )
    return "", [(field, f"{len(found)} pupils are called that. Give the number, {either}")]


def close(page: Page) -> Response:
    """Close a correction by hand."""
    number = number_of(page)
    one = _correction(page, number)
    _within(page, str(one["school"]))
    why = page.form.one("why")[:_MOST_TEXT] or "closed in the console"
    return _act(page, "corrections", lambda door, actor: close_correction(door, actor, number, why), "close")


def let(page: Page) -> Response:
    """Let a missing address receive a pupil's data until the clerk has mended the record: narrow (one pair), for a
    month, and by a second person, who is not the one who noted it."""
    number = number_of(page)
    one = _correction(page, number)
    _within(page, str(one["school"]))
    if one["wrong"] != Wrong.ADDRESS_MISSING:
        raise NotFound
    if one["by"] == page.who.name:
        text = "You noted it yourself. Ask a colleague to look at it."
        back = (page.url("roll.show"), "Go back to the roll")
        raise Refused("A second person has to allow this", text, 403, back)
    with page.site.database.read() as tx:
        kept = list_overrides(tx, page.site.people().is_barred)
    back = (page.url("roll.show"), "Go back to the roll")
    if _let(kept, [one]):
        raise Refused("It may receive already", "Somebody has allowed this. Nothing more was done.", 409, back)
    if _barred(page, one):
        raise Refused("An order comes first", "An order keeps this pupil's information from that address.", 409, back)
    why = f"Correction {number}, noted by {one['by']}: {one['note'] or one['sentence']}"
    wanted = Wanted(
        OverrideKind.ADDRESS,
        str(one["address"]),
        why,
        f"{one['school']}/{one['pupil']}",
        until=page.site.now().date() + timedelta(days=EXCEPTION_DAYS),
    )
    return _act(page, "corrections", lambda door, actor: _let_once(door, actor, wanted), "let")


def _let_once(door: DatabaseDoor, actor: Actor, wanted: Wanted) -> None:
    try:
        add_override(door, actor, wanted)
    except Conflict:
        raise Conflict("somebody else has just allowed this, nothing more was done") from None


def export(page: Page) -> Response:
    """The open corrections as CSV for the clerk; for those who see every school."""
    if not page.reach.every:
        raise NotFound
    with page.site.database.write() as tx:
        text = export_corrections(tx)
        audit.append(tx, [audit.Entry("corrections-exported", page.who.name)])
    headers = {"content-disposition": 'attachment; filename="corrections.csv"'}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _act(page: Page, field: str, act: Callable[[DatabaseDoor, Actor], object], done: str) -> Response:
    try:
        act(DatabaseDoor(page.site.database), Actor(page.who.name))
    except Incomplete as error:
        return _answer(page, 422, [(field, _sentence(error))])
    except NotAllowed as error:
        raise Refused("This cannot be done", _sentence(error), 403) from None
    except (Gone, Conflict) as error:
        return _answer(page, 409, [(field, _sentence(error))])
    log(Event.DECIDED, action=f"roll-{done}", user=page.who.name)
    return page.go("roll.show", {"done": done})


def _sentence(error: Exception) -> str:
    text = str(error).partition(";")[0]
    return text[:1].upper() + text[1:]


def _answer(page: Page, status: int = 200, faults: list[tuple[str, str]] | None = None) -> Response:
    site, now = page.site, page.site.now()
    policy, people = site.policy(), page.people()
    named = page.who.reach(KEEPERS)
    address = page.query.one("address")
    with site.database.read() as tx:
        about = roll_status(tx, now, policy)
        kept = list_overrides(tx, people.is_barred) if named else []
        corrections = list_corrections(tx) if named else []
        problems = _problems(problems_of(tx, site.roll()), page.reach)
    return page.render(
        "roll.html",
        status,
        about=about,
        schools=[one for one in about["schools"] if one["school"] in page.reach],
        problems=problems,
        named=named,
        overrides=[one for one in kept if seen(one["school"], named)],
        corrections=[one for one in corrections if seen(one["school"], named)],
        let=_let(kept, corrections),
        barred={int(one["number"]) for one in corrections if _barred(page, one)},
        address=address,
        answer=_who(page, named, address, kept) if named and address else None,
        people=people,
        key=PupilKey,
        wrongs=[one for one in Wrong if one is not Wrong.DETAIL],
        faults=faults or [],
        form=page.form,
    )


def _let(kept: list[dict[str, Any]], corrections: list[dict[str, Any]]) -> set[int]:
    """The corrections whose missing address is let receive for now."""
    pairs = {
        (address_key(one["address"]).normal, one["school"], one["pupil"])
        for one in kept
        if one["kind"] == OverrideKind.ADDRESS and one["state"] == "active"
    }
    missing = [one for one in corrections if one["wrong"] == Wrong.ADDRESS_MISSING]
    return {
        int(one["number"])
        for one in missing
        if (address_key(one["address"]).normal, one["school"], one["pupil"]) in pairs
    }


def _barred(page: Page, one: dict[str, Any]) -> bool:
    """Whether an order keeps the pupil of a correction from its address."""
    if one["wrong"] != Wrong.ADDRESS_MISSING:
        return False
    return page.site.people().is_barred(one["address"], PupilKey(one["school"], one["pupil"]))


def _who(page: Page, named: Reach, address: str, kept: list[dict[str, Any]]) -> dict[str, Any]:
    """What an address may receive, of the schools the user may know about, and until when where that is an exception
    of the school's."""
    key = address_key(address).normal
    until = {
        PupilKey(one["school"], one["pupil"]): one["until"]
        for one in kept
        if (one["kind"], one["state"]) == (OverrideKind.ADDRESS, "active") and address_key(one["address"]).normal == key
    }
    found = who(page.site.roll(), page.site.policy(), address)
    return {
        **found,
        **{part: [one for one in found[part] if one["school"] in named] for part in ("pupils", "barred")},
        "is": page.site.people().within(named).who(address),
        "until": until,
    }


def _problems(found: tuple[Weakness, ...], reach: Reach) -> list[tuple[str, int, list[Weakness]]]:
    """Sentences with how often each holds and the first cases, of the schools within reach."""
    kinds: defaultdict[str, list[Weakness]] = defaultdict(list)
    for one in found:
        mine = tuple(key for key in one.pupils if key.school in reach)
        if mine or (not one.pupils and reach.every):
            kinds[one.sentence].append(replace(one, pupils=mine))
    return [(sentence, len(cases), cases[:_MOST_SHOWN]) for sentence, cases in kinds.items()]


def seen(school: str | None, reach: Reach) -> bool:
    """Whether something of a school (None: of every school) lies within reach."""
    return reach.every or (school is not None and school in reach)


def _within(page: Page, school: str | None) -> None:
    if not seen(school, page.reach):
        raise NotFound


def number_of(page: Page) -> int:
    """The number in the path; NotFound if it cannot be one."""
    text = page.params["number"]
    if not text.isdecimal() or len(text) > 9:
        raise NotFound
    return int(text)


def override_school(page: Page, number: int) -> str | None:
    """The school of an override, None for every school; NotFound if there is none of that number."""
    with page.site.database.read() as tx:
        found = [one for one in list_overrides(tx) if one["number"] == number]
    if not found:
        raise NotFound
    return str(found[0]["school"]) if found[0]["school"] else None


def _correction(page: Page, number: int) -> dict[str, Any]:
    with page.site.database.read() as tx:
        found = [one for one in list_corrections(tx) if one["number"] == number]
    if not found:
        raise NotFound
    return found[0]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
