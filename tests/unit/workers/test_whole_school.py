"""A whole school's sheet for hundreds of families, through the real workers: judged, each with reasons, in a verdict
that the relay takes."""

import asyncio
import io
from dataclasses import replace
from email.message import EmailMessage

import pytest
from openpyxl import Workbook

from mailguard.model import Contact, Envelope, MayReceive, Outcome, Pupil, PupilKey, Relationship, Roll
from mailguard.policy import parse_policy
from mailguard.roll.revision import with_revision
from mailguard.workers import Workers, WorkerSettings, answer

POLICY = parse_policy('[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oak.example"]\n')
ONSETS, VOWELS = (
    ("B", "D", "F", "G", "K", "L", "M", "N", "P", "R", "S", "T", "V", "Br", "Tr"),
    ("a", "e", "i", "o", "u"),
)
BARRED, BARRED_FROM = "parent5@home.example", PupilKey("OAK", "290")


def word(n, ending):
    """A name of its own for each number."""
    n, first = divmod(n, len(ONSETS))
    n, second = divmod(n, len(VOWELS))
    n, third = divmod(n, len(ONSETS))
    return f"{ONSETS[first]}{VOWELS[second]}{ONSETS[third].lower()}{VOWELS[n % len(VOWELS)]}{ending}"


def school(pupils):
    children = tuple(
        Pupil("OAK", str(n), word(n, "na"), word(n * 7 + 3, "ford"), registration_group=f"{n % 7}B")
        for n in range(pupils)
    )
    contacts = tuple(Contact(f"c{n}", emails=(f"parent{n}@home.example",)) for n in range(pupils))
    pairs = [Relationship(one.key, f"c{n}", may_receive=MayReceive.YES) for n, one in enumerate(children)]
    pairs.append(Relationship(BARRED_FROM, "c5", may_receive=MayReceive.ORDER))
    return with_revision(Roll(children, contacts, tuple(pairs)))


def mail(roll):
    book = Workbook()
    sheet = book.active
    sheet.append(("Forename", "Surname", "Class", "Attendance"))
    for n, one in enumerate(roll.pupils):
        sheet.append((one.forename, one.surname, one.registration_group, f"{80 + n % 20}%"))
    file = io.BytesIO()
    book.save(file)
    message = EmailMessage()
    message["From"], message["Subject"] = "office@oak.example", "Trip"
    message.set_content("Dear all,\n\nthe letter is attached.\n")
    kind = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    message.add_attachment(file.getvalue(), maintype=kind[0], subtype=kind[1], filename="Everybody.xlsx")
    return message.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("pupils", "families"), [(300, 60), pytest.param(1000, 300, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_every_family_is_held_with_its_gravest_reasons(pupils, families):
    roll = school(pupils)
    to = tuple(f"parent{n}@home.example" for n in range(families))

    async def story():
        workers = Workers(replace(WorkerSettings(), readers=1, screeners=1))
        await workers.start(roll, POLICY)
        try:
            return await workers.screen(mail(roll), Envelope("office@oak.example", to))
        finally:
            await workers.close()

    screened = asyncio.run(story())
    verdict = screened.verdict
    assert verdict.unreadable == ()
    assert [one.address for one in verdict.recipients] == list(to)
    assert {one.outcome for one in verdict.recipients} == {Outcome.HOLD}
    for n, one in enumerate(verdict.recipients):
        *named, counting = one.findings
        assert len({finding.pupil for finding in named}) + counting.more == pupils - 1  # everybody but their own
        assert PupilKey("OAK", str(n)) not in {finding.pupil for finding in named}
        assert all(finding.evidence and finding.pupil for finding in named)
        assert (named[0].rule, named[0].pupil) == ("barred-contact", BARRED_FROM) or one.address != BARRED
    assert len(screened.sightings.pupils) == pupils
    assert len(answer.encode(verdict, screened.sightings)) < 5 << 20
