"""The nouns of mailguard, frozen. The values of the enumerations are part of the command line's contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

Place = tuple[str, ...]  # steps, outermost first: ("forms.zip", "Marks.xlsx", 'sheet "Y7" (hidden)', "row 14")
WHOLE_MESSAGE: Place = ("message",)  # where what is said about a message as a whole stands


def show_place(place: Place) -> str:
    """Return a place as people read it: its steps joined by ' > '."""
    return " > ".join(place)


class SegmentKind(StrEnum):
    """What sort of text a segment is, in the words of `mailguard read --json`."""

    BODY = "body"
    ROW = "row"
    HEADER = "header"
    COMMENT = "comment"
    NOTE = "note"
    METADATA = "metadata"
    DELETED = "deleted"
    HIDDEN = "hidden"
    FORM_FIELD = "form-field"
    FILE_NAME = "file-name"
    FORMULA = "formula"
    CACHE = "cache"
    OCR = "ocr"
    SWEEP = "sweep"
    ALTERNATE = "alternate"


class UnreadableReason(StrEnum):
    """Why a part could not be read; every one of them holds mail that leaves the school (policy `unreadable`)."""

    ENCRYPTED = "encrypted"
    UNKNOWN_TYPE = "unknown-type"
    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    AMBIGUOUS = "ambiguous"
    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    NO_TEXT_MAP = "no-text-map"
    PICTURE = "picture"
    NEEDS_EXTRA = "needs-extra"
    NO_RECIPIENT = "no-recipient"


class EvidenceKind(StrEnum):
    """What a piece of text says about a pupil."""

    NAME = "name"
    UPN = "upn"
    ULN = "uln"
    NHS = "nhs"
    UCI = "uci"
    ADMISSION = "admission"
    CANDIDATE = "candidate"
    DOB = "dob"
    POSTCODE = "postcode"
    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    CLASS = "class"
    FILE_NAME = "file-name"


class Category(StrEnum):
    """What a record is about."""

    MEDICAL = "medical"
    SEN = "sen"
    SAFEGUARDING = "safeguarding"
    BEHAVIOUR = "behaviour"
    ATTENDANCE = "attendance"
    ATTAINMENT = "attainment"
    FINANCE = "finance"
    CONTACT = "contact"
    IDENTITY = "identity"


SENSITIVE = frozenset(Category) - {Category.CONTACT, Category.IDENTITY}  # one of these near is a policy's `special`


class Strength(StrEnum):
    """How much of a pupil is shown: a record (name and own data) or a mention (a name and nothing else)."""

    RECORD = "record"
    MENTION = "mention"


class Outcome(StrEnum):
    """What is to become of a message for one recipient."""

    DELIVER = "deliver"
    HOLD = "hold"


class RecipientState(StrEnum):
    """One recipient's way: received -> queued | held, queued -> sent | failed, held -> queued | refused | expired."""

    RECEIVED = "received"
    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, order=True)
class PupilKey:
    """A pupil's name in code: school code and pupil_id (unique within the school)."""

    school: str
    pupil: str


class PupilStatus(StrEnum):
    """A pupil's standing; it does not change who is entitled."""

    CURRENT = "current"
    LEAVER = "leaver"
    APPLICANT = "applicant"


class MayReceive(StrEnum):
    """Whether a contact may receive data on a pupil; ORDER bars the pair (a court order or such)."""

    YES = "y"
    NO = "n"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Pupil:
    """One pupil of one school; blank text means not known."""

    school: str
    pupil_id: str
    forename: str
    surname: str
    date_of_birth: date | None = None
    upn: str = ""
    uln: str = ""
    middle_names: str = ""
    preferred_forename: str = ""
    preferred_surname: str = ""
    former_surname: str = ""
    aliases: tuple[str, ...] = ()
    year_group: str = ""
    registration_group: str = ""
    address: str = ""
    postcode: str = ""
    email: str = ""
    status: PupilStatus = PupilStatus.CURRENT
    candidate_number: str = ""
    uci: str = ""
    nhs_number: str = ""

    @property
    def key(self) -> PupilKey:
        """The pupil's key."""
        return PupilKey(self.school, self.pupil_id)


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a pupil's family; several e-mail addresses and phones are normal."""

    contact_id: str
    forename: str = ""
    surname: str = ""
    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    address: str = ""
    postcode: str = ""
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """One pupil x contact pair: the unit of entitlement."""

    pupil: PupilKey
    contact_id: str
    relationship: str = ""
    parental_responsibility: bool | None = None
    may_receive: MayReceive = MayReceive.NO
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of staff; a blank school means every school of the roll."""

    school: str
    email: str
    forename: str = ""
    surname: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Roll:
    """One immutable revision of who the pupils are. `revision` is a digest of the content, blank until computed."""

    pupils: tuple[Pupil, ...] = ()
    contacts: tuple[Contact, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    staff: tuple[StaffMember, ...] = ()
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321 envelope; `sender` is "" for the null sender, `school` is that of the client or listener, if set."""

    sender: str
    recipients: tuple[str, ...]
    school: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """An accepted message, our Received header in it; `notify`, `orcpt` (RFC 3461) run parallel to the recipients."""

    id: str
    envelope: Envelope
    content: bytes = field(repr=False)
    received_at: datetime
    peer: str = ""
    helo: str = ""
    protocol: str = "ESMTP"
    body_type: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    notify: tuple[str, ...] = ()
    orcpt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """`text[start:end]` of its row segment; `head` is the column's heading or "", `column` its letter ("D")."""

    column: str
    head: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Text that belongs together: a paragraph, a form, a table row with its column heads (then `cells` is filled).
    `place[:leaf]` names the part; `visible` is False where the sender probably does not see the text."""

    text: str = field(repr=False)
    place: Place
    kind: SegmentKind = SegmentKind.BODY
    visible: bool = True
    leaf: int = 1
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part, or a piece of one, that could not be read, and why. `detail` holds no content of the message."""

    place: Place
    reason: UnreadableReason
    detail: str = ""
    leaf: int = 1


@dataclass(frozen=True, slots=True)
class HeaderAddress:
    """An address that recipients can see in a header ("To", "Cc", "From", "Reply-To" ...)."""

    header: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All segments of a message and what could not be read; `canonical` if its MIME has one possible reading only."""

    segments: tuple[Segment, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    addresses: tuple[HeaderAddress, ...] = ()
    canonical: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A slice of a segment that speaks for a pupil: `text` is exactly `segment.text[start:end]`."""

    kind: EvidenceKind
    text: str = field(repr=False)
    place: Place
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Sighting:
    """This pupil, or one of these namesakes, is seen in this part; `bits` is log2 of the odds that it is so.

    `beside`: forenames of other children of whom the part tells, if what makes it a record is not said of the
    pupil but of them. For their family the pupil is only mentioned."""

    pupils: tuple[PupilKey, ...]
    strength: Strength
    place: Place
    leaf: int = 1
    categories: tuple[Category, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    bits: float = 0.0
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactSighting:
    """An address, phone or e-mail of a confidential contact is seen here."""

    contact_id: str
    place: Place
    leaf: int = 1
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class UnknownIdentifier:
    """A pupil, learner or NHS number of a child who is not on the roll (a leaver, another school's)."""

    place: Place
    leaf: int = 1
    evidence: tuple[Evidence, ...] = ()
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the recogniser saw: one sighting for each pupil set and part; `unread`: parts of too many names to judge."""

    pupils: tuple[Sighting, ...] = ()
    confidential: tuple[ContactSighting, ...] = ()
    unknown: tuple[UnknownIdentifier, ...] = ()
    unread: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one recipient may not have it; no `pupil` where `pupils` are namesakes or `more` counts (judge.gravest)."""

    rule: str
    place: Place = ()
    leaf: int = 0
    pupil: PupilKey | None = None
    pupils: tuple[PupilKey, ...] = ()
    strength: Strength | None = None
    categories: tuple[Category, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    sentence: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class RecipientVerdict:
    """Deliver or hold, for one recipient, with the findings that hold it (none when delivered)."""

    address: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided on one message, recipient by recipient. `school` is the school's code or "unknown"."""

    recipients: tuple[RecipientVerdict, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    school: str = "unknown"
    roll_revision: str = ""
    policy_revision: str = ""

    @property
    def outcome(self) -> Outcome:
        """HOLD if any recipient is held, or if there is no recipient at all."""
        return Outcome.DELIVER if {one.outcome for one in self.recipients} == {Outcome.DELIVER} else Outcome.HOLD
