"""The table of scenario families, and how one labelled message of a family is made."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from types import ModuleType

from bench.quality import audiences as to
from bench.quality.facts import Scene
from bench.quality.mailing import send
from bench.quality.people import People
from bench.quality.rolls import Town
from bench.quality.templates import Template, fill

from mailguard.model import Pupil, PupilKey


@dataclass(frozen=True)
class Spec:
    """One family: whom it needs, where leaks and innocent twins go, whose record the leak is.

    `about` is subject, second, rows or none. `same` says whether the leak's own text, sent to the right people, is an
    innocent twin (beside the twin texts). `strong`: the leak holds a unique number or a full name with an attribute.
    `any_of`: naming the pupil among others of the household or namesakes is as right as can be."""

    need: str = "any"
    leak_to: to.Audience = to.strangers
    same: to.Audience | None = to.family
    twin_to: to.Audience = to.anyone
    about: str = "subject"
    strong: bool = True
    any_of: bool = False
    lists: bool = False  # a leak's template with rows is about its rows, and goes to crowds


PLAIN = (
    "medical-note sen-plan behaviour-letter attendance-letter exam-results fee-reminder school-meals absence-text "
    "consent-form trip-letter exclusion accident-report counselling detention school-report child-protection "
    "bursary allergy care-plan data-check-form emergency-sheet hidden-sheet tracked-change wrong-attachment upn-only "
    " surname-first all-caps line-broken dob-first forwarded reply-all html-table attached-mail old-quote "
    "general-letter-child name-then-first school-transport music-lesson"
)
CROWD = (
    "class-list marks-sheet attendance-csv bus-list mis-export zip-of-forms detention-list medical-list groups "
    "newsletter-medical sports-list governors merge-slip"
)

SPECS: dict[str, Spec] = {
    **{name: Spec() for name in PLAIN.split()},
    **{name: Spec(leak_to=to.crowd_wrong, same=to.staff, about="rows") for name in CROWD.split()},
    "safeguarding-note": Spec(same=to.staff),
    "pastoral-email": Spec(),
    "applicant": Spec("applicant"),
    "leaver": Spec("leaver"),
    "incident-two": Spec("pairs", to.second_family, None, to.second_family_innocent),
    "initials-class": Spec("initials-class", strong=False),
    "initials-dob": Spec(strong=False),
    "forename-class": Spec("first-class", strong=False),
    "nickname-dob": Spec("nick", strong=False),
    "known-name": Spec("known"),
    "former-name": Spec("former"),
    "double-half": Spec("double", strong=False),
    "accents": Spec("accents"),
    "apostrophe": Spec("apostrophe"),
    "word-name": Spec("word"),
    "short-name": Spec("short"),
    "typo-name": Spec("long", strong=False),
    "address-only": Spec("household", strong=False, any_of=True),
    "phone-only": Spec("household", strong=False, any_of=True),
    "learner-number": Spec("uln"),
    "candidate-number": Spec("candidate"),
    "health-number": Spec("nhs"),
    "file-name": Spec(),
    "subject-only": Spec(),
    "barred-record": Spec("barred", to.barred),
    "barred-mention": Spec("barred", to.barred, strong=False),
    "no-rights": Spec("no-rights", to.no_rights),
    "hidden-home": Spec("hidden", to.other_parent, to.secret_parent, to.other_parent_innocent, about="none"),
    "half-sibling": Spec("half", to.half_parent),
    "siblings": Spec("siblings", to.strangers),
    "namesake": Spec("namesakes", to.second_family, to.family, to.second_family_innocent),
    "staff-parent": Spec("staff-parent", to.staff_at_home, to.staff_at_work),
    "sister-school": Spec("trust", to.sister_school),
    "pupil-mailbox": Spec("mailbox", to.pupil_mailbox),
    "unknown-number": Spec(same=to.staff, about="none"),
    "visible": Spec(leak_to=to.visible_many, same=to.visible_few, twin_to=to.visible_few, about="none"),
    "friend-mention": Spec("pairs", to.strangers, to.family),
    "praise": Spec(),
    "cast-list": Spec(leak_to=to.crowd_wrong, same=to.staff, about="rows"),
}


@dataclass(frozen=True)
class Case:
    """One labelled message."""

    family: str
    template: str
    leak: bool
    strong: bool
    kind: str
    sender: str
    recipients: tuple[str, ...]
    held: frozenset[str]
    data: bytes = field(repr=False)
    pupils: frozenset[PupilKey] = frozenset()  # whose record makes it a leak
    present: frozenset[PupilKey] = frozenset()  # all whom the text may show
    any_of: bool = False


class Generator:
    """Makes the labelled mail of one trust from the templates and layouts of one half."""

    def __init__(self, town: Town, templates: list[Template], layouts: ModuleType, specs: dict[str, Spec]) -> None:
        self.town = town
        self.specs = specs
        self.people = People(town)
        self.layouts = layouts
        self.by_side: dict[tuple[str, bool], list[Template]] = {}
        for template in templates:
            self.by_side.setdefault((template.family, template.leak), []).append(template)

    def case(self, family: str, leak: bool, seed: str) -> Case | None:
        """Return one case of a family, or None where this trust has nobody for it."""
        rng = random.Random(f"{self.town.seed} {family} {leak} {seed}")
        for _ in range(6):
            picked = self.people.pick(self.specs[family].need, rng)
            if picked is None:
                return None
            try:
                return self._case(family, leak, Scene(self.town, rng, *picked))
            except LookupError:
                continue  # nobody of this trust can play the other part
        return None

    def _case(self, family: str, leak: bool, scene: Scene) -> Case:
        spec, rng = self.specs[family], scene.rng
        twins = self.by_side.get((family, False), [])
        own_text = not leak and spec.same is not None and (not twins or rng.random() < 0.5)
        template = rng.choice(self.by_side[(family, leak or own_text)])
        if spec.lists and template.leak and template.rows[1] and "subject" not in template.options:
            wrong = to.crowd_wrong if spec.leak_to is to.strangers else spec.leak_to
            wrong = to.among if "among" in template.options else wrong
            spec = replace(spec, about="rows", leak_to=wrong, same=to.staff)
        scene.rows = self._rows(scene, template)
        if leak:
            audience = spec.leak_to
        else:
            audience = spec.same if own_text and spec.same else self._twin_audience(template, spec)
        recipients, held = audience(scene)
        if not recipients:
            raise LookupError("nobody to send it to")
        scene.to = recipients[0]
        mine = [s for s in self.town.roll.staff if s.school == scene.pupil.school]
        scene.sender = rng.choice(mine)
        document = fill(template, scene.fact, len(scene.rows), rng.choice)
        secret = any(c.confidential and {*c.emails} & {*recipients} for c in self.town.roll.contacts)
        visible = family == "visible" or len(recipients) == 1 or (len(recipients) == 2 and not secret)
        kind, data = send(document, template, self.layouts, scene, recipients if visible else [])
        shown = self._with_household({p.key for p in to.shown(scene)})
        about = {"subject": {scene.pupil.key}, "rows": {p.key for p in scene.rows}, "none": set[PupilKey]()}[spec.about]
        if "subject" in template.options:
            about = {scene.pupil.key}
        if spec.leak_to is to.among:
            about = about - {key for address in held for key in self.town.may[address]}
        strong = spec.strong and "weak" not in template.options
        return Case(
            family, template.name, leak, strong, kind, scene.sender.email, tuple(recipients),
            frozenset(held), data, frozenset(about if leak else ()), frozenset(shown), spec.any_of,
        )  # fmt: skip

    def _with_household(self, keys: set[PupilKey]) -> set[PupilKey]:
        """A family's telephone or address shows its other children as much."""
        contacts = {pair.contact_id for key in keys for pair in self.town.pairs[key]}
        return keys | {pair.pupil for pair in self.town.roll.relationships if pair.contact_id in contacts}

    def _twin_audience(self, template: Template, spec: Spec) -> to.Audience:
        return next((named for option, named in NAMED.items() if option in template.options), spec.twin_to)

    def _rows(self, scene: Scene, template: Template) -> list[Pupil]:
        low, high = template.rows
        mates = [p for p in self.people.plain if p.school == scene.pupil.school]
        if "mailbox" in template.options:
            mates = [p for p in mates if p.email]
        if "classmates" in template.options:
            mates = [p for p in mates if p.registration_group == scene.pupil.registration_group]
            if len(mates) < low:
                raise LookupError("too few in the class")
        return scene.rng.sample(mates, min(len(mates), scene.rng.randint(low, high)))


NAMED: dict[str, to.Audience] = {
    "family": to.family,
    "staff": to.staff,
    "anyone": to.anyone,
    "nurses": to.nurses,
    "council": to.council,
    "firm": to.firm_innocent,
    "barred": to.barred_alone,
    "parents": to.parents,
}
