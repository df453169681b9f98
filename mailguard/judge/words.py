"""Words of the sentences that explain a finding to the office: what, where, whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailguard.judge.lookups import Lookups
from mailguard.model import Category, Place, PupilKey, Sighting, Strength, show_place

_MOST = 3
_SHOWN_CATEGORY = {
    Category.MEDICAL: "medical",
    Category.SEN: "special needs",
    Category.SAFEGUARDING: "safeguarding",
    Category.BEHAVIOUR: "behaviour",
    Category.ATTENDANCE: "attendance",
    Category.ATTAINMENT: "attainment",
    Category.FINANCE: "finance",
    Category.CONTACT: "contact details",
    Category.IDENTITY: "identity",
}


def joined(words: Sequence[str], last: str = "and") -> str:
    """Return "a, b and c"."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def where(place: Place) -> str:
    """Return a place as the beginning of a sentence."""
    if not place:
        return "The message"
    if place[0] == "body":
        rest = place[1:]
        return "The message text" + (f" ({show_place(rest)})" if rest else "")
    if place == ("subject",):
        return "The subject line"
    if place[0].startswith("header "):
        return f"The {place[0].removeprefix('header ')} header"
    return show_place(place)


def category_names(categories: Iterable[Category]) -> str:
    """Return categories as people call them."""
    return joined([_SHOWN_CATEGORY[category] for category in categories])


def name(key: PupilKey, lookups: Lookups) -> str:
    """Return a pupil's name with class, or the number where the roll has no such pupil."""
    pupil = lookups.pupil(key)
    if pupil is None:
        return f"pupil {key.pupil}"
    group = f" ({pupil.registration_group})" if pupil.registration_group else ""
    return f"{pupil.preferred_forename or pupil.forename} {pupil.preferred_surname or pupil.surname}{group}"


def names(keys: Iterable[PupilKey], lookups: Lookups, last: str = "and") -> str:
    """Return the names of several pupils, the first few of them."""
    ordered = sorted(keys)
    shown = [name(key, lookups) for key in ordered[:_MOST]]
    more = len(ordered) - len(shown)
    return joined([*shown, f"{more} more"] if more else shown, last)


def shows(sighting: Sighting, lookups: Lookups) -> str:
    """Return the first half of a sentence: where what of whom is shown."""
    whose = names(sighting.pupils, lookups, "or")
    if sighting.strength is Strength.MENTION and not sighting.categories:
        return f"{where(sighting.place)} names {whose}"
    about = f" ({category_names(sighting.categories)})" if sighting.categories else ""
    what = "a record of" if sighting.strength is Strength.RECORD else "something sensitive beside the name of"
    return f"{where(sighting.place)} shows {what} {whose}{about}"
