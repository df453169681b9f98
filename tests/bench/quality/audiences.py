"""To whom a message goes, and which of them must not get it."""

from __future__ import annotations

from collections.abc import Callable

from bench.quality.facts import Scene
from bench.quality.people import folded, known
from bench.quality.rolls import NO, ORDER

from mailguard.model import Pupil

Sent = tuple[list[str], set[str]]  # recipients, those of them that must be held


def addresses(scene: Scene, pupil: Pupil) -> list[str]:
    """Return the addresses that may have this pupil's record."""
    return [a for c in scene.town.contacts_of(pupil.key) for a in c.emails if pupil.key in scene.town.may[a]]


def alike(one: Pupil, other: Pupil) -> bool:
    """Say whether a text on one could be read as one on the other."""
    initials = {(known(p)[0], p.surname[0]) for p in (one, other)}
    firsts = {one.forename, known(one)} & {other.forename, known(other)}
    same_class = (one.school, one.registration_group) == (other.school, other.registration_group)
    return bool(
        folded(one) & folded(other)
        or one.address == other.address
        or (same_class and (firsts or len(initials) == 1))
        or (firsts and one.date_of_birth == other.date_of_birth)
    )


def shown(scene: Scene) -> list[Pupil]:
    """Return every pupil that the text may show."""
    return [scene.pupil, *([scene.second] if scene.second else []), *scene.rows]


def stranger(scene: Scene) -> str:
    """Return an address of a family that nobody in the text belongs to."""
    keys = {p.key for p in shown(scene)}
    for _ in range(200):
        other = scene.rng.choice(scene.town.roll.pupils)
        if other.school != scene.pupil.school and scene.rng.random() < 0.8:
            continue
        if any(alike(p, other) for p in shown(scene)):
            continue
        found = addresses(scene, other)
        for address in found[: scene.rng.randint(1, 2)][-1:]:
            mine = scene.town.may[address]
            touches = keys & (mine | scene.town.barred[address])
            if (
                not touches
                and not scene.town.barred[address]
                and not any(alike(p, scene.town.pupils[k]) for p in shown(scene) for k in mine)
            ):
                return address
    raise LookupError("no stranger in this town")


def _outsider(scene: Scene) -> str:
    local = scene.rng.choice(("newsdesk", "info", "jane.doe", "bookings", "hr", "m.smithson"))
    return f"{local}@{scene.rng.choice(('dailypost.example', 'coachhire.example', 'consult.test'))}"


def _slip(scene: Scene) -> str:
    local, _, domain = scene.rng.choice(addresses(scene, scene.pupil)).partition("@")
    at = scene.rng.randint(1, len(local) - 1)
    slip = scene.rng.choice((local[:at] + local[at - 1] + local[at:], local[:at] + local[at + 1 :])) + "@" + domain
    return slip if slip not in scene.town.may and slip not in scene.town.barred else _outsider(scene)


def strangers(scene: Scene) -> Sent:
    """The usual ways of a leak: the wrong family, alone or beside the right one, a list, a slip of the pen ..."""
    own = addresses(scene, scene.pupil)
    way = scene.rng.random()
    if way < 0.45:
        wrong = [stranger(scene)]
    elif way < 0.65:
        wrong = [stranger(scene)]
        return [own[0], *wrong], set(wrong)
    elif way < 0.73:
        wrong = sorted({stranger(scene), stranger(scene)})
    elif way < 0.80:
        wrong = [_outsider(scene)]
    elif way < 0.86:
        wrong = [_pupil_mailbox(scene)]
    elif way < 0.91:
        wrong = [f"{scene.rng.choice(('parents', 'families', 'year6parents'))}@{_domain(scene)}"]
    elif way < 0.96:
        wrong = [_slip(scene)]
    else:
        wrong = [a for c in scene.town.contacts_of(scene.pupil.key, NO) for a in c.emails] or [stranger(scene)]
        wrong = [a for a in wrong if scene.pupil.key not in scene.town.may[a]] or [stranger(scene)]
    return wrong, set(wrong)


def _pupil_mailbox(scene: Scene) -> str:
    for _ in range(100):
        other = scene.rng.choice(scene.town.roll.pupils)
        if other.email and not any(alike(p, other) or p.key == other.key for p in shown(scene)):
            return other.email
    return stranger(scene)


def pupil_mailbox(scene: Scene) -> Sent:
    """Another pupil's mailbox."""
    wrong = _pupil_mailbox(scene)
    return [wrong], {wrong}


def _domain(scene: Scene) -> str:
    return scene.town.school_of[scene.pupil.school].domain


def _colleague(scene: Scene) -> str:
    mine = [s.email for s in scene.town.roll.staff if s.school in ("", scene.pupil.school)]
    return scene.rng.choice(
        [*mine, f"j.newcomer@{_domain(scene)}", f"allstaff@{scene.town.schools[0].domain}"][: len(mine) + 1]
    )


def family(scene: Scene) -> Sent:
    """The ways of innocent mail on one pupil: one parent, both, another address of theirs, staff, the council."""
    own = addresses(scene, scene.pupil)
    way = scene.rng.random()
    if way < 0.40:
        to = [scene.rng.choice(own)]
    elif way < 0.65:
        to = list(dict.fromkeys(own))
    elif way < 0.77:
        to = [own[0], _colleague(scene)]
    elif way < 0.92:
        to = [_colleague(scene)]
    elif way < 0.97 and scene.pupil.email:
        to = [scene.pupil.email]
    else:
        to = ["ehcp@exampleshire.example"]
    return to, set()


def staff(scene: Scene) -> Sent:
    """Colleagues of the pupil's school only."""
    return list(dict.fromkeys((_colleague(scene), _colleague(scene)))), set()


def anyone(scene: Scene) -> Sent:
    """Families who have nothing to do with what the text says, a list or an outsider: fit for what is no record."""
    way = scene.rng.random()
    if way < 0.5:
        return [stranger(scene)], set()
    if way < 0.75:
        return sorted({stranger(scene) for _ in range(4)}), set()
    if way < 0.9:
        return [f"parents@{_domain(scene)}"], set()
    return [_outsider(scene)], set()


def crowd_wrong(scene: Scene) -> Sent:
    """Families for a text that shows many pupils: everybody outside the school must be held."""
    to, _ = anyone(scene)
    return to, set(to)


def among(scene: Scene) -> Sent:
    """The family of one of a list's rows: the others on it are not theirs."""
    for pupil in scene.rng.sample(scene.rows, len(scene.rows)):
        for address in addresses(scene, pupil)[:1]:
            others = {p.key for p in scene.rows} - scene.town.may[address]
            kin = {q.address for q in scene.rows if q.key in scene.town.may[address]}
            if len(others) > 1 and not any(p.address in kin for p in scene.rows if p.key in others):
                return [address], {address}
    raise LookupError("all on the list are of one family")


def parents(scene: Scene) -> Sent:
    """The pupil's family and school without the pupil's own mailbox: for what a child is not told, or of a sibling."""
    own = addresses(scene, scene.pupil)
    way = scene.rng.random()
    if way < 0.45:
        return [scene.rng.choice(own)], set()
    if way < 0.7:
        return list(dict.fromkeys(own)), set()
    return ([own[0], _colleague(scene)] if way < 0.82 else [_colleague(scene)]), set()


def barred_alone(scene: Scene) -> Sent:
    """The contact whom an order bars, alone, for a text that shows no pupil."""
    return sorted({a for c in scene.town.contacts_of(scene.pupil.key, ORDER) for a in c.emails})[:1], set()


def barred(scene: Scene) -> Sent:
    """The contact whom an order bars, alone or beside the other parent."""
    wrong = sorted({a for c in scene.town.contacts_of(scene.pupil.key, ORDER) for a in c.emails})[:1]
    own = addresses(scene, scene.pupil)[:1] if scene.rng.random() < 0.5 else []
    return [*own, *wrong], set(wrong)


def no_rights(scene: Scene) -> Sent:
    """A contact on the roll who may not receive."""
    wrong = [
        a
        for c in scene.town.contacts_of(scene.pupil.key, NO)
        for a in c.emails
        if scene.pupil.key not in scene.town.may[a]
    ]
    return wrong[:1], set(wrong[:1])


def other_parent(scene: Scene) -> Sent:
    """The contact who must not learn where the other lives: `scene.parent` is the one whose home is secret."""
    secret = next(c for c in scene.town.contacts_of(scene.pupil.key) if c.confidential)
    other = next(c for c in scene.town.contacts_of(scene.pupil.key) if not c.confidential)
    scene.parent = secret
    return [other.emails[0]], {other.emails[0]}


def secret_parent(scene: Scene) -> Sent:
    """The contact whose home is secret, who knows it."""
    secret = next(c for c in scene.town.contacts_of(scene.pupil.key) if c.confidential)
    scene.parent = secret
    return [secret.emails[0]], set()


def other_parent_innocent(scene: Scene) -> Sent:
    """The other contact, for a text without the secret home."""
    to, _ = other_parent(scene)
    return to, set()


def half_parent(scene: Scene) -> Sent:
    """A contact of the half sibling who may have nothing about the pupil."""
    assert scene.second
    wrong = [
        a
        for c in scene.town.contacts_of(scene.second.key)
        for a in c.emails
        if scene.pupil.key not in scene.town.may[a] and scene.pupil.key not in scene.town.barred[a]
    ]
    if not wrong:
        raise LookupError("the other parent is barred")
    return wrong[:1], set(wrong[:1])


def half_parent_innocent(scene: Scene) -> Sent:
    """The same contact of the half sibling, for a text that says nothing on the pupil."""
    return half_parent(scene)[0], set()


def second_family(scene: Scene) -> Sent:
    """The second pupil's family, for a text with a record on the first."""
    assert scene.second
    wrong = [
        a for a in addresses(scene, scene.second) if scene.pupil.key not in scene.town.may[a] | scene.town.barred[a]
    ]
    if not wrong:
        raise LookupError("the families are one")
    return wrong[:1], set(wrong[:1])


def second_family_innocent(scene: Scene) -> Sent:
    """The second pupil's family, for a text that says nothing on the first."""
    return second_family(scene)[0], set()


def staff_at_home(scene: Scene) -> Sent:
    """A member of staff at the private address that the roll has for them as a parent."""
    return second_family(scene)


def staff_at_work(scene: Scene) -> Sent:
    """The same member of staff at work."""
    assert scene.second
    own = {(c.forename, c.surname) for c in scene.town.contacts_of(scene.second.key)}
    at_work = [
        s.email for s in scene.town.roll.staff if (s.forename, s.surname) in own and s.school == scene.pupil.school
    ]
    return at_work[:1], set()


def sister_school(scene: Scene) -> Sent:
    """Staff of another school of the trust."""
    other = [s.email for s in scene.town.roll.staff if s.school not in ("", scene.pupil.school)]
    mine = {s.email for s in scene.town.roll.staff if s.school in ("", scene.pupil.school)}
    other = [a for a in other if a not in mine and scene.pupil.key not in scene.town.may[a]]
    return other[:1], set(other[:1])


def visible_many(scene: Scene) -> Sent:
    """More families than may see each other."""
    to: list[str] = []
    secret = {a for c in scene.town.roll.contacts if c.confidential for a in c.emails}
    for _ in range(60):
        address = stranger(scene)
        if (
            len(to) < 14
            and address not in secret
            and all(not scene.town.may[address] & scene.town.may[other] for other in to)
        ):
            to.append(address)
    return to, set(to)


def visible_few(scene: Scene) -> Sent:
    """Few families."""
    return visible_many(scene)[0][:6], set()


def nurses(scene: Scene) -> Sent:
    """The school nurses, an agency that may have what is medical or special needs."""
    return ["team@nurses.example"], set()


def nurses_wrong(scene: Scene) -> Sent:
    """The same nurses, for what is neither."""
    return ["team@nurses.example"], {"team@nurses.example"}


def council(scene: Scene) -> Sent:
    """The council, an agency that may have everything."""
    return [f"{scene.rng.choice(('ehcp', 'admissions', 'ewo', 'mash', 'transport'))}@exampleshire.example"], set()


def firm(scene: Scene) -> Sent:
    """A firm or a club that is no agency of the school."""
    local = scene.rng.choice(("bookings", "office", "info", "accounts", "hello"))
    to = f"{local}@{scene.rng.choice(('cityTaxis.example', 'lunches.test', 'kidsclub.example', 'photo.test'))}".lower()
    return [to], {to}


def firm_innocent(scene: Scene) -> Sent:
    """A firm, for a text without a record."""
    return firm(scene)[0], set()


Audience = Callable[[Scene], Sent]
