"""Right paper, wrong reader: each scenario yields the slip first and then its innocent twin."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.demo.files import TABLES, as_locked_zip, attach
from mailguard.demo.papers import (
    LISTS,
    RECORDS,
    Paper,
    behaviour_log,
    full_name,
    information_form,
    newsletter,
    report,
    safeguarding_referral,
    trip_letter,
)
from mailguard.demo.post import Case, Desk, To, contact, member
from mailguard.demo.trust import Family, School
from mailguard.model import Pupil


def record(desk: Desk, school: School, family: Family, pupil: Pupil | None = None) -> Paper:
    """A paper about one pupil of a family, of any sort."""
    return desk.rng.choice(RECORDS)(desk.rng, school, family, pupil or family.pupils[0])


def wrong_family(desk: Desk) -> Iterator[Case]:
    """The form of one family is sent to another; then to the right one."""
    school = desk.some_school()
    ours, theirs = desk.take(school), desk.take(school)
    sender = desk.clerk(school)
    for name, family, rule in (("wrong-family", theirs, "other-family"), ("right-family", ours, "")):
        person = family.contacts[0]
        paper = attach(desk.rng, information_form(desk.rng, school, ours, ours.pupils[0]))
        text = desk.cover(person, "the information we hold about your child")
        yield desk.write(name, sender, [contact(person, rule)], "Information form: please check", text, [paper])


def both_families(desk: Desk) -> Iterator[Case]:
    """One message to the pupil's own mother and, in Cc, to a stranger's; then to both parents."""
    school = desk.some_school()
    theirs, ours = desk.take(school), desk.trust.awkward["separated"]
    school = desk.trust.school(ours.pupils[0].school)
    mother, father = ours.contacts
    for name, other in (
        ("one-family-too-many", contact(theirs.contacts[0], "other-family")),
        ("both-parents", contact(father)),
    ):
        paper = attach(desk.rng, record(desk, school, ours))
        text = desk.cover(mother, "the paper we talked about")
        yield desk.write(name, desk.clerk(school), [contact(mother)], "As discussed", text, [paper], cc=[other])


def slipped_merge(desk: Desk) -> Iterator[Case]:
    """A mail merge whose rows slipped by one: every family gets the next one's report; then the same, in step."""
    school = desk.some_school()
    families = [desk.take(school) for _ in range(3)]
    sender = desk.clerk(school)
    subject = desk.rng.choice(("Autumn report", "Your child's report", f"{school.name}: reports"))
    for name, step, rule in (("slipped-merge", 1, "other-family"), ("merge-in-step", 0, "")):
        for place, family in enumerate(families[: 2 if step else 1]):
            about = families[place + step]
            paper = attach(desk.rng, report(desk.rng, school, about, about.pupils[0]))
            text = desk.cover(family.contacts[0], "this term's report")
            yield desk.write(f"{name}-{place + 1}", sender, [contact(family.contacts[0], rule)], subject, text, [paper])


def reply_all(desk: Desk) -> Iterator[Case]:
    """A reply that quotes a mother's letter about her child goes to another parent too; then to her and staff."""
    school = desk.some_school()
    ours, theirs = desk.take(school), desk.take(school)
    pupil, mother = ours.pupils[0], ours.contacts[0]
    form = record(desk, school, ours)
    quoted = "\n".join(f"> {label}: {value}" for label, value in form.fields)
    text = (
        f"Dear {mother.title} {mother.surname},\n\nThank you, I have put this on file.\n\n"
        f"On Monday {mother.forename} {mother.surname} wrote:\n> About {full_name(pupil)}, as you asked:\n{quoted}"
    )
    sender = desk.clerk(school)
    to = [contact(mother)]
    subject = f"Re: {form.title}"
    yield desk.write("reply-all", sender, to, subject, text, cc=[contact(theirs.contacts[0], "other-family")])
    yield desk.write("reply-and-staff", sender, to, subject, text, cc=[member(school.staff[4])])


def parents_for_staff(desk: Desk) -> Iterator[Case]:
    """The behaviour log goes to the list of all parents instead of the list of all staff."""
    school = desk.some_school()
    paper = behaviour_log(desk.rng, desk.pupils(school, 30))
    local = desk.rng.choice(("parents", "all-parents", "allfamilies"))
    for name, to in (
        ("list-of-parents", To(f"{local}@{school.domain}", "All", "unknown-recipient")),
        ("list-of-staff", To(f"allstaff@{school.domain}", "All")),
    ):
        text = "Dear colleagues,\n\nattached is this half-term's log. Please read it before Monday's meeting."
        yield desk.write(name, desk.clerk(school), [to], "Behaviour log", text, [attach(desk.rng, paper, TABLES)])


def namesake(desk: Desk) -> Iterator[Case]:
    """Two pupils of one school share a name, and the wrong one's mother is picked."""
    ours, theirs = desk.trust.awkward["namesake"], desk.trust.awkward["other-namesake"]
    yield from _to_namesake(desk, "namesake", ours, theirs)


def far_namesake(desk: Desk) -> Iterator[Case]:
    """The same with a namesake in the other school."""
    ours, theirs = desk.trust.awkward["far-namesake"], desk.trust.awkward["other-far-namesake"]
    yield from _to_namesake(desk, "far-namesake", ours, theirs)


def _to_namesake(desk: Desk, name: str, ours: Family, theirs: Family) -> Iterator[Case]:
    school = desk.trust.school(ours.pupils[0].school)
    for label, family, rule in ((f"wrong-{name}", theirs, "other-family"), (f"right-{name}", ours, "")):
        paper = attach(desk.rng, desk.rng.choice((information_form, report))(desk.rng, school, ours, ours.pupils[0]))
        person = family.contacts[0]
        text = desk.cover(person, "the paper you asked for")
        yield desk.write(
            label, desk.clerk(school), [contact(person, rule)], f"{full_name(ours.pupils[0])}", text, [paper]
        )


def barred_father(desk: Desk) -> Iterator[Case]:
    """A record reaches the father whom an order bars; then the mother."""
    family = desk.trust.awkward["barred"]
    school = desk.trust.school(family.pupils[0].school)
    mother, father = family.contacts
    for name, person, rule in (("barred-father", father, "barred-contact"), ("mother-with-order", mother, "")):
        paper = attach(desk.rng, record(desk, school, family))
        text = desk.cover(person, "the letter about your child")
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "From school", text, [paper])


def barred_mention(desk: Desk) -> Iterator[Case]:
    """A newsletter that merely mentions the child reaches the barred father; then other families."""
    family = desk.trust.awkward["barred"]
    school = desk.trust.school(family.pupils[0].school)
    others = [desk.take(school) for _ in range(4)]
    named = [family.pupils[0], *desk.pupils(school, 3)]
    paper = newsletter(desk.rng, school, named)
    text = "Dear families,\n\n" + "\n\n".join(paper.paragraphs)
    bcc = [contact(f.contacts[0]) for f in others]
    father = contact(family.contacts[1], "barred-contact")
    to = [To(f"office@{school.domain}", school.name)]
    yield desk.write("newsletter-to-barred", desk.clerk(school), to, paper.title, text, bcc=[*bcc[:2], father])
    yield desk.write("newsletter", desk.clerk(school), to, paper.title, text, bcc=bcc)


def mistyped(desk: Desk) -> Iterator[Case]:
    """One slip of the pen in a mother's address; then none."""
    school = desk.some_school()
    family = desk.take(school)
    person = family.contacts[0]
    paper = attach(desk.rng, record(desk, school, family))
    for name, to in (
        ("mistyped", To(desk.slip(person.emails[0]), rule="similar-address")),
        ("well-typed", contact(person)),
    ):
        yield desk.write(name, desk.clerk(school), [to], "Letter", desk.cover(person, "the letter"), [paper])


def stranger(desk: Desk) -> Iterator[Case]:
    """A record goes to somebody whom the roll does not know; then the newspaper gets a story with names in it."""
    school = desk.some_school()
    family = desk.take(school)
    paper = attach(desk.rng, record(desk, school, family))
    text = "Hello,\n\nhere is the paper you asked for."
    to = [To("bookings@brightminibuses.example", "Bookings", "unknown-recipient")]
    yield desk.write("stranger", desk.clerk(school), to, "Paper", text, [paper])
    story = newsletter(desk.rng, school, desk.pupils(school, 4))
    to = [To("newsdesk@dailyherald.example", "News desk")]
    text = "Dear editor,\n\n" + "\n\n".join(story.paragraphs)
    yield desk.write("story-for-the-paper", desk.clerk(school), to, "A story for Friday", text)


def half_sibling(desk: Desk) -> Iterator[Case]:
    """A paper on one child goes to the father of her half-brother; then to her mother and her own father."""
    family = desk.trust.awkward["half-siblings"]
    school = desk.trust.school(family.pupils[0].school)
    mother, first, second = family.contacts
    for name, people in (
        ("half-siblings-father", [contact(second, "other-family")]),
        ("half-siblings-parents", [contact(mother), contact(first)]),
    ):
        paper = attach(desk.rng, record(desk, school, family, family.pupils[0]))
        yield desk.write(name, desk.clerk(school), people, "Letter", desk.cover(mother, "the letter"), [paper])


def other_school(desk: Desk) -> Iterator[Case]:
    """A class list goes to a teacher of the other school; then to one of ours."""
    school = desk.some_school()
    other = next(s for s in desk.trust.schools if s is not school)
    paper = attach(desk.rng, desk.rng.choice(LISTS)(desk.rng, desk.pupils(school, 20)), TABLES)
    text = "Hello,\n\nhere is the list for your group. Please keep it safe."
    for name, to in (("other-school", member(other.staff[5], "other-school")), ("own-school", member(school.staff[5]))):
        yield desk.write(name, desk.clerk(school), [to], "List", text, [paper])


def staff_parent(desk: Desk) -> Iterator[Case]:
    """A teacher of the secondary has a child in the primary: another child's paper, then her own child's."""
    family = desk.trust.awkward["staff-parent"]
    school = desk.trust.primary
    other = desk.take(school)
    teacher = To(family.contacts[0].emails[1], f"{family.contacts[0].forename} {family.contacts[0].surname}")
    for name, about, rule in (("teacher-of-another", other, "other-family"), ("teacher-as-parent", family, "")):
        paper = attach(desk.rng, record(desk, school, about))
        text = "Hello,\n\nhere is the paper from the office."
        yield desk.write(name, desk.clerk(school), [To(teacher.address, teacher.name, rule)], "Paper", text, [paper])


def pupil_mailbox(desk: Desk) -> Iterator[Case]:
    """A pupil gets another pupil's paper in his school mailbox; then his own."""
    school = desk.trust.secondary
    ours, theirs = desk.take(school), desk.take(school)
    pupil = theirs.pupils[0]
    for name, about, rule in (("other-pupils-mailbox", ours, "pupil-mailbox"), ("own-mailbox", theirs, "")):
        paper = attach(desk.rng, report(desk.rng, school, about, about.pupils[0]))
        text = f"Dear {pupil.forename},\n\nhere is the report for your tutor meeting."
        yield desk.write(name, desk.clerk(school), [To(pupil.email, rule=rule)], "Tutor meeting", text, [paper])


def grandparent(desk: Desk) -> Iterator[Case]:
    """A grandmother may collect, but not receive papers; the mother may."""
    family = desk.trust.awkward["grandparent"]
    school = desk.trust.school(family.pupils[0].school)
    mother, elder = family.contacts
    for name, person, rule in (("grandmother", elder, "other-family"), ("mother", mother, "")):
        paper = attach(desk.rng, record(desk, school, family))
        text = desk.cover(person, "the letter")
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "Letter", text, [paper])


def agency(desk: Desk) -> Iterator[Case]:
    """The council's team may have safeguarding papers, but no reports."""
    school = desk.some_school()
    family = desk.take(school)
    address = f"mash@{desk.trust.council}"
    for name, paper, rule in (
        ("report-to-council", report(desk.rng, school, family, family.pupils[0]), "unknown-recipient"),
        ("referral-to-council", safeguarding_referral(desk.rng, school, family, family.pupils[0]), ""),
    ):
        text = "Dear team,\n\nplease see the attached paper."
        to = [To(address, "Referrals", rule)]
        yield desk.write(name, desk.clerk(school), to, "For your team", text, [attach(desk.rng, paper)])


def locked_zip(desk: Desk) -> Iterator[Case]:
    """An encrypted archive that nobody on the way can read goes to a family; then to the council, which may have it."""
    school = desk.some_school()
    family, other = desk.take(school), desk.take(school)
    file = attach(desk.rng, safeguarding_referral(desk.rng, school, family, family.pupils[0]))
    sealed = as_locked_zip(desk.rng, "papers.zip", file, desk.rng.randbytes(9).hex().encode())
    for name, to in (
        ("locked-to-family", contact(other.contacts[0], "unreadable")),
        ("locked-to-council", To(f"mash@{desk.trust.council}", "Referrals")),
    ):
        text = "Hello,\n\nthe papers are attached. I will ring with the password."
        yield desk.write(name, desk.clerk(school), [to], "Papers", text, [sealed])


def in_plain_sight(desk: Desk) -> Iterator[Case]:
    """A harmless letter shows every family's address to every other; then the same letter in Bcc."""
    school = desk.some_school()
    families = [desk.take(school) for _ in range(desk.rng.randrange(12, 18))]
    paper = trip_letter(desk.rng, school)
    text = "Dear families,\n\n" + "\n\n".join(paper.paragraphs)
    shown = [contact(f.contacts[0], "visible-recipients") for f in families]
    yield desk.write("families-in-to", desk.clerk(school), shown, paper.title, text)
    office = [To(f"office@{school.domain}", school.name)]
    bcc = [contact(f.contacts[0]) for f in families]
    yield desk.write("families-in-bcc", desk.clerk(school), office, paper.title, text, bcc=bcc)


SCENARIOS = (
    wrong_family,
    slipped_merge,
    both_families,
    barred_father,
    reply_all,
    parents_for_staff,
    namesake,
    far_namesake,
    barred_mention,
    mistyped,
    stranger,
    half_sibling,
    other_school,
    staff_parent,
    pupil_mailbox,
    grandparent,
    agency,
    locked_zip,
    in_plain_sight,
)
