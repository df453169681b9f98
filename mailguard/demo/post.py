"""Messages of the invented trust, each with what ought to become of it.

The expectation comes from the scenario that wrote the message, never from the guard's own judgement.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from mailguard.demo.files import File
from mailguard.demo.trust import Family, School, Trust, fold
from mailguard.model import Contact, Envelope, Outcome, Pupil, StaffMember

AS_WRITTEN = SMTP.clone(refold_source="none")
FIRST_MORNING = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Expected:
    """What ought to happen for one recipient: held under `rule`, or delivered where `rule` is blank."""

    address: str
    rule: str = ""

    @property
    def outcome(self) -> Outcome:
        """HOLD under a rule, DELIVER without."""
        return Outcome.HOLD if self.rule else Outcome.DELIVER


@dataclass(frozen=True, slots=True)
class Case:
    """One message and the verdict it should get."""

    name: str
    sender: str
    content: bytes = field(repr=False)
    expected: tuple[Expected, ...]

    @property
    def envelope(self) -> Envelope:
        """The envelope; the From, To, Cc and Bcc headers say the same."""
        return Envelope(self.sender, tuple(recipient.address for recipient in self.expected))

    @property
    def outcome(self) -> Outcome:
        """HOLD if any recipient is to be held."""
        return Outcome.HOLD if any(recipient.rule for recipient in self.expected) else Outcome.DELIVER


@dataclass(frozen=True, slots=True)
class To:
    """A recipient as the writer puts it, with the rule that ought to hold it (blank: none)."""

    address: str
    name: str = ""
    rule: str = ""


def contact(person: Contact, rule: str = "") -> To:
    """Address a contact by their first address."""
    return To(person.emails[0], f"{person.forename} {person.surname}", rule)


def member(person: StaffMember, rule: str = "") -> To:
    """Address a member of staff."""
    return To(person.email, f"{person.title} {person.surname}", rule)


def _address_lines(headers: Sequence[tuple[str, Sequence[To]]]) -> bytes:
    """Write address headers, one address a line: Python's own folding may encode the comma between two of them."""
    lines = (
        f"{header}: " + ",\r\n ".join(formataddr((person.name, person.address)) for person in people)
        for header, people in headers
        if people
    )
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


class Desk:
    """Where the mail of one seed is written: chooses families, styles and times, and numbers the messages."""

    def __init__(self, rng: random.Random, trust: Trust) -> None:
        self.rng = rng
        self.trust = trust
        self.pools = {code: list(families) for code, families in trust.ordinary.items()}
        self.count = 0

    def some_school(self) -> School:
        """One of the two schools."""
        return self.rng.choice(self.trust.schools)

    def take(self, school: School) -> Family:
        """An ordinary family of a school that no other message of this seed is about."""
        return self.pools[school.code].pop()

    def pupils(self, school: School, count: int, year: str = "") -> list[Pupil]:
        """Pupils of a school, of one year group if asked, from families with nothing awkward about them."""
        pool = [p for f in self.trust.ordinary[school.code] for p in f.pupils if not year or p.year_group == year]
        return sorted(self.rng.sample(pool, min(count, len(pool))), key=lambda pupil: (pupil.surname, pupil.forename))

    def clerk(self, school: School) -> StaffMember:
        """A member of staff who writes."""
        return self.rng.choice(school.staff[:3])

    def slip(self, address: str) -> str:
        """The address with one typing slip, in its name or in its domain."""
        local, _, domain = address.partition("@")
        host, _, top = domain.rpartition(".")
        if self.rng.random() < 0.5:
            return f"{self._slipped(local)}@{domain}"
        return f"{local}@{self._slipped(host)}.{top}"

    def _slipped(self, word: str) -> str:
        places = [n for n in range(1, len(word) - 1) if word[n] != word[n + 1] and word[n : n + 2].isalpha()]
        place = self.rng.choice(places)
        swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return self.rng.choice((swapped, word[:place] + word[place + 1 :]))

    def write(
        self,
        name: str,
        sender: StaffMember,
        to: Sequence[To],
        subject: str,
        text: str,
        files: Sequence[File] = (),
        *,
        cc: Sequence[To] = (),
        bcc: Sequence[To] = (),
        page: str = "",
        forwarded: bytes = b"",
    ) -> Case:
        """Write one message. `page` is an HTML alternative to the text, `forwarded` a message attached whole."""
        self.count += 1
        school = self.trust.school(sender.school)
        author = To(sender.email, f"{sender.forename} {sender.surname}")
        message = EmailMessage(AS_WRITTEN)
        message["Subject"] = subject
        message["Date"] = format_datetime(FIRST_MORNING + timedelta(minutes=37 * self.count))
        message["Message-ID"] = f"<{fold(name)}.{self.count}.{self.rng.randrange(10**9)}@{school.domain}>"
        message.set_content(f"{text}\n\n{self.sign_off(sender, school)}")
        if page:
            message.add_alternative(page, subtype="html")
        for file in files:
            main, _, sub = file.media_type.partition("/")
            message.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
        if forwarded:
            message.add_attachment(BytesParser(policy=AS_WRITTEN).parsebytes(forwarded))
        for number, part in enumerate(message.walk()):
            if part.get_content_maintype() == "multipart" and part.get_boundary() is None:
                part.set_boundary(f"=_{self.count}_{number}_{self.rng.randrange(10**9)}")
        expected = tuple(Expected(person.address, person.rule) for person in (*to, *cc, *bcc))
        head = _address_lines((("From", [author]), ("To", to), ("Cc", cc), ("Bcc", bcc)))
        return Case(name, sender.email, head + message.as_bytes(), expected)

    def sign_off(self, sender: StaffMember, school: School) -> str:
        """The lines that end every message of a school."""
        name = f"{sender.title} {sender.forename} {sender.surname}"
        closing = self.rng.choice(("Kind regards", "With best wishes", "Many thanks", "Yours sincerely"))
        notice = "We are committed to safeguarding and promoting the welfare of all our pupils."
        return f"{closing}\n\n{name}\n{school.name}\n{school.postcode}\nTel. {school.phone}\n\n{notice}\n"

    def cover(self, person: Contact, what: str) -> str:
        """A covering note to a contact that names no pupil."""
        greeting = self.rng.choice(
            (f"Dear {person.title} {person.surname}", "Dear Parent or Carer", f"Dear {person.forename}")
        )
        line = self.rng.choice(
            (
                f"Please find attached {what}.",
                f"I attach {what}. Do ring the office if anything is not clear.",
                f"As promised, here is {what}.",
            )
        )
        return f"{greeting},\n\n{line}"
