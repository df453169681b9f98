"""What is laid over the roll: list, add, end. To let an address in takes a correction and a second person, in the
console; what programs may do takes permission away, or ends something."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from mailguard.console.api.answers import answer, body, not_allowed
from mailguard.console.api.shapes import EndOverride, NewOverride, Overrides, OverrideShape
from mailguard.console.page import NotFound, Page, Refused
from mailguard.console.screens.roll import number_of, override_school, seen
from mailguard.enrol.actors import Actor, Incomplete, NotAllowed
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.overriding import Wanted, add_override, end_override, list_overrides
from mailguard.observe import Event, log
from mailguard.roll.overrides import OverrideKind
from mailguard.store import Conflict, Gone


def listed(page: Page) -> Response:
    """List what is laid over the roll, the newest first, ended ones too."""
    with page.site.database.read() as tx:
        found = [
            OverrideShape(**one)
            for one in list_overrides(tx, page.site.people().is_barred)
            if seen(one["school"], page.reach)
        ]
    return answer(Overrides(found))


def add(page: Page) -> Response:
    """Keep an address from a pupil (bar), or keep an address secret (confidential). It counts at once."""
    wanted = body(page, NewOverride)
    asked = Wanted(OverrideKind(wanted.kind), wanted.address, wanted.why, wanted.pupil, until=wanted.until)
    if wanted.pupil and not page.people().called(wanted.pupil, page.reach):
        # One of another school is answered like one who does not exist, or answers would tell who is on its roll.
        raise Refused("Not found", "No pupil of your school has this id; write SCHOOL/ID or a UPN.", status=404)
    number = _act(page, lambda door, actor: add_override(door, actor, asked).override.number)
    return answer(_one(page, number))


def end(page: Page) -> Response:
    """End something laid over the roll. The roll goes on without it."""
    number = number_of(page)
    if not seen(override_school(page, number), page.reach):
        raise NotFound
    wanted = body(page, EndOverride)
    _act(page, lambda door, actor: end_override(door, actor, number, wanted.why).number)
    return answer(_one(page, number))


def _one(page: Page, number: int) -> OverrideShape:
    with page.site.database.read() as tx:
        return next(
            OverrideShape(**one) for one in list_overrides(tx, page.site.people().is_barred) if one["number"] == number
        )


def _act(page: Page, act: Callable[[DatabaseDoor, Actor], int]) -> int:
    try:
        number = act(DatabaseDoor(page.site.database), Actor(page.who.name))
    except Incomplete as error:
        raise Refused("The body does not fit", f"{error}.", 422) from None
    except NotAllowed as error:
        raise not_allowed(error) from None
    except (Gone, Conflict) as error:
        raise Refused("This cannot be done", f"{error}.") from None
    log(Event.DECIDED, action="roll-override", user=page.who.name)
    return number
