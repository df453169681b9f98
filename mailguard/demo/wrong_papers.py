"""Right reader, wrong paper: a stranger's record rides along. Each scenario yields the slip and its innocent twin."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace

from mailguard.demo.files import TABLES, File, as_csv, as_excel, as_pdf, as_zip, attach, markup, plain
from mailguard.demo.papers import (
    LISTS,
    RECORDS,
    behaviour_letter,
    born,
    care_plan,
    fee_letter,
    full_name,
    menu,
    newsletter,
    register,
    report,
    support_plan,
    trip_letter,
)
from mailguard.demo.post import Case, Desk, To, contact, member
from mailguard.demo.wrong_people import record
from mailguard.roll.identifiers import upn_check_letter


def hidden_sheet(desk: Desk) -> Iterator[Case]:
    """A menu in Excel carries last year's register on a hidden sheet; then the menu alone."""
    school = desk.some_school()
    person = desk.take(school).contacts[0]
    shown = desk.rng.choice((menu, trip_letter))(desk.rng, school)
    behind = desk.rng.choice(LISTS)(desk.rng, desk.pupils(school, 25))
    for name, hidden, rule in (("hidden-sheet", behind, "other-family"), ("one-sheet", None, "")):
        file = as_excel(desk.rng, shown, hidden)
        yield desk.write(
            name,
            desk.clerk(school),
            [contact(person, rule)],
            shown.title,
            desk.cover(person, "what we promised"),
            [file],
        )


def cohort(desk: Desk) -> Iterator[Case]:
    """A list of the year group goes to the families in it; then a letter that names nobody."""
    school = desk.some_school()
    families = [desk.take(school) for _ in range(5)]
    pupils = [family.pupils[0] for family in families] + desk.pupils(school, 15)
    file = attach(desk.rng, desk.rng.choice(LISTS)(desk.rng, list(dict.fromkeys(pupils))), TABLES)
    office = [To(f"office@{school.domain}", school.name)]
    text = "Dear families,\n\nplease see the attachment."
    bcc = [contact(f.contacts[0], "other-family") for f in families]
    yield desk.write("year-group-list", desk.clerk(school), office, "Year group", text, [file], bcc=bcc)
    letter = trip_letter(desk.rng, school)
    bcc = [contact(f.contacts[0]) for f in families]
    yield desk.write("year-group-letter", desk.clerk(school), office, "Trip", text, [attach(desk.rng, letter)], bcc=bcc)


def archive(desk: Desk) -> Iterator[Case]:
    """Among a family's papers in a ZIP lies a stranger's; then the papers of two siblings, for their own mother."""
    ours = desk.trust.awkward["siblings"]
    school = desk.trust.school(ours.pupils[0].school)
    stranger = desk.take(school)
    own = [(desk.trust.school(p.school), ours, p) for p in ours.pupils]
    for name, papers, rule in (
        ("zip-with-a-strangers", [*own, (school, stranger, stranger.pupils[0])], "other-family"),
        ("zip-of-siblings", own, ""),
    ):
        files = [attach(desk.rng, record(desk, place, family, pupil)) for place, family, pupil in papers]
        files = [replace(file, name=f"{number} {file.name}") for number, file in enumerate(files, 1)]
        person = ours.contacts[0]
        text = desk.cover(person, "everything in one archive")
        yield desk.write(
            name, desk.clerk(school), [contact(person, rule)], "Papers", text, [as_zip("papers.zip", files)]
        )


def forwarded(desk: Desk) -> Iterator[Case]:
    """A forwarded message holds a paper on somebody else's child; then one on the reader's own."""
    school = desk.some_school()
    ours, theirs = desk.take(school), desk.take(school)
    sender = desk.clerk(school)
    for name, about, rule in (("forwarded", theirs, "other-family"), ("forwarded-own", ours, "")):
        paper = record(desk, school, about)
        to = [member(sender)]
        text = f"Hello {sender.forename},\n\nfor your file:\n\n{plain(paper)}"
        files = [attach(desk.rng, paper)] if desk.rng.random() < 0.5 else []
        inner = desk.write("inner", school.staff[-1], to, paper.title, text if not files else "Attached.", files)
        person = ours.contacts[0]
        text = desk.cover(person, "the message you asked about")
        subject = f"Fwd: {paper.title}"
        yield desk.write(name, sender, [contact(person, rule)], subject, text, forwarded=inner.content)


def hidden_html(desk: Desk) -> Iterator[Case]:
    """The HTML of a mail still holds, unseen, the paper it was copied from; then it does not."""
    school = desk.some_school()
    ours, theirs = desk.take(school), desk.take(school)
    person = ours.contacts[0]
    text = "Dear families,\n\nthe hall is closed on Tuesday. Please use the side gate."
    shown = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n\n"))
    secret = markup(record(desk, school, theirs)).partition("<body>")[2].partition("</body>")[0]
    style = desk.rng.choice(("display:none", "font-size:0;color:#ffffff", "visibility:hidden"))
    hidden = f'{shown}<div style="{style}">{secret}</div>'
    for name, body, rule in (("hidden-html", hidden, "other-family"), ("plain-html", shown, "")):
        page = f"<html><body>{body}</body></html>"
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "Hall closed", text, page=page)


def unknown_child(desk: Desk) -> Iterator[Case]:
    """A transfer paper of a child who is on no roll goes to a family; then a bill whose number is just a number."""
    school = desk.some_school()
    person = desk.take(school).contacts[0]
    body = f"998700019{desk.rng.randrange(100, 1000)}"
    upn = upn_check_letter(f"A{body}") + body
    text = f"{desk.cover(person, 'the note')}\n\nTransfer file sent to the new school.\nUPN: {upn}\nSEN status: K"
    yield desk.write("unknown-child", desk.clerk(school), [contact(person, "unknown-upn")], "Transfer", text)
    text = f"{desk.cover(person, 'the note')}\n\nYour uniform order {body}0 is ready at the office.\nPrice: £18.50"
    yield desk.write("uniform-order", desk.clerk(school), [contact(person)], "Your order", text)


def confidential(desk: Desk) -> Iterator[Case]:
    """A letter tells the father where the mother has moved in confidence; then it does not."""
    family = desk.trust.awkward["confidential"]
    school = desk.trust.school(family.pupils[0].school)
    mother, father = family.contacts
    pupil = family.pupils[0]
    for name, line, rule in (
        (
            "secret-address",
            f"Emergency contact: {mother.phones[0]}, {mother.address}, {mother.postcode}",
            "confidential-contact",
        ),
        ("no-secret", "Emergency contact: held by the office", ""),
    ):
        text = (
            f"Dear {father.title} {father.surname},\n\nhere is the entry for {full_name(pupil)}.\n\n"
            f"Date of birth: {born(pupil)}\nClass: {pupil.registration_group}\n{line}"
        )
        yield desk.write(name, desk.clerk(school), [contact(father, rule)], "Entry", text)


def gone_or_coming(desk: Desk) -> Iterator[Case]:
    """The paper of a leaver or of a child who starts next year goes to another family; then to their own."""
    family = desk.trust.awkward[desk.rng.choice(("leaver", "applicant"))]
    pupil = family.pupils[0]
    school = desk.trust.school(pupil.school)
    other = desk.take(school)
    for name, reader, rule in (("off-roll-to-another", other, "other-family"), ("off-roll-to-own", family, "")):
        paper = attach(desk.rng, desk.rng.choice((report, fee_letter, support_plan))(desk.rng, school, family, pupil))
        person = reader.contacts[0]
        text = desk.cover(person, "the paper for your records")
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "For your records", text, [paper])


def whole_export(desk: Desk) -> Iterator[Case]:
    """A mother asks for her child's data and gets the whole export; then her child's row alone."""
    school = desk.some_school()
    family = desk.take(school)
    person, pupil = family.contacts[0], family.pupils[0]
    everyone = list(dict.fromkeys([pupil, *desk.pupils(school, 60)]))
    for name, pupils, rule in (("whole-export", everyone, "other-family"), ("own-row", [pupil], "")):
        file = as_csv(desk.rng, register(desk.rng, pupils))
        text = desk.cover(person, "the data that you asked for")
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "Your request", text, [file])


def broken_file(desk: Desk) -> Iterator[Case]:
    """A file cut short cannot be read, so nobody knows what it says; a whole one is fine."""
    school = desk.some_school()
    person = desk.take(school).contacts[0]
    file = desk.rng.choice((as_excel, as_pdf))(desk.rng, trip_letter(desk.rng, school))
    cut = File(file.name, file.media_type, file.data[: len(file.data) // 2])
    for name, attached, rule in (("cut-short", cut, "unreadable"), ("whole-file", file, "")):
        text = desk.cover(person, "the letter about the trip")
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "Trip", text, [attached])


def look_alike(desk: Desk) -> Iterator[Case]:
    """A list for a colleague goes to a domain one letter away from the school's own; then to the colleague."""
    school = desk.some_school()
    colleague = school.staff[4]
    local, _, domain = colleague.email.partition("@")
    place = desk.rng.randrange(2, domain.index(".") - 1)
    near = f"{local}@{domain[:place]}{domain[place]}{domain[place:]}"
    file = attach(desk.rng, desk.rng.choice(LISTS)(desk.rng, desk.pupils(school, 18)), TABLES)
    for name, to in (("look-alike", To(near, rule="similar-address")), ("colleague", member(colleague))):
        text = "Hello,\n\nthe list for tomorrow."
        yield desk.write(name, desk.clerk(school), [to], "List", text, [file])


def in_the_text(desk: Desk) -> Iterator[Case]:
    """No attachment: a stranger's record in the mail's own text; then the reader's child's."""
    school = desk.some_school()
    ours, theirs = desk.take(school), desk.take(school)
    person = ours.contacts[0]
    write = desk.rng.choice((behaviour_letter, care_plan, fee_letter))
    for name, about, rule in (("text-of-another", theirs, "other-family"), ("text-of-own", ours, "")):
        paper = write(desk.rng, school, about, about.pupils[0])
        text = f"Dear {person.title} {person.surname},\n\n{plain(paper)}"
        page = markup(paper) if desk.rng.random() < 0.5 else ""
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], paper.title, text, page=page)


def file_mix_up(desk: Desk) -> Iterator[Case]:
    """The right letter with a second, wrong attachment; then with a harmless one."""
    school = desk.some_school()
    ours, theirs = desk.take(school), desk.take(school)
    person = ours.contacts[0]
    right = desk.rng.choice(RECORDS)(desk.rng, school, ours, ours.pupils[0])
    wrong = desk.rng.choice(RECORDS)(desk.rng, school, theirs, theirs.pupils[0])
    harmless = newsletter(desk.rng, school, desk.pupils(school, 3))
    for name, second, rule in (("second-attachment", wrong, "other-family"), ("letter-and-newsletter", harmless, "")):
        files = [attach(desk.rng, right), attach(desk.rng, replace(second, stem=f"{second.stem} 2"))]
        text = desk.cover(person, "the two papers")
        yield desk.write(name, desk.clerk(school), [contact(person, rule)], "Two papers", text, files)


SCENARIOS = (
    hidden_sheet,
    archive,
    in_the_text,
    cohort,
    forwarded,
    hidden_html,
    unknown_child,
    confidential,
    gone_or_coming,
    whole_export,
    broken_file,
    look_alike,
    file_mix_up,
)
