"""The table of formats: which reader reads which kind, and what is said of the kinds that none reads."""

from __future__ import annotations

from mailguard.extract import (
    archive,
    csvtable,
    html,
    icalendar,
    message,
    odf,
    pdf,
    picture,
    rtf,
    sheet,
    slides,
    text,
    word,
    xmltext,
)
from mailguard.extract.kind import Kind
from mailguard.extract.parts import Reader
from mailguard.model import UnreadableReason

READERS: dict[Kind, Reader] = {
    Kind.TEXT: text.read,
    Kind.HTML: html.read,
    Kind.CSV: csvtable.read,
    Kind.XML: xmltext.read,
    Kind.MESSAGE: message.read,
    Kind.ZIP: archive.read_zip,
    Kind.GZIP: archive.read_gzip,
    Kind.BZIP2: archive.read_bzip2,
    Kind.XZ: archive.read_xz,
    Kind.TAR: archive.read_tar,
    Kind.CALENDAR: icalendar.read,
    Kind.CONTACT: icalendar.read,
    Kind.PDF: pdf.read,
    Kind.WORD: word.read,
    Kind.SHEET: sheet.read,
    Kind.SLIDES: slides.read,
    Kind.OPENDOCUMENT: odf.read,
    Kind.RTF: rtf.read,
    Kind.PICTURE: picture.read,
}

HARMLESS = frozenset({Kind.EMPTY, Kind.PGP_SIGNATURE, Kind.PGP_KEY, Kind.CERTIFICATE})
"""Kinds that are known and hold no text of anybody's."""

LOCKABLE = frozenset({Kind.ZIP, Kind.PDF, Kind.LOCKED_OFFICE, Kind.SEVEN_ZIP, Kind.WORD97, Kind.SHEET97, Kind.SLIDES97})
"""Kinds that may need a password."""

NO_READER: dict[Kind, UnreadableReason] = {
    Kind.PGP_MESSAGE: UnreadableReason.ENCRYPTED,
    Kind.LOCKED_OFFICE: UnreadableReason.ENCRYPTED,
    Kind.SEVEN_ZIP: UnreadableReason.NEEDS_EXTRA,
}
"""The reason given for a kind without a reader; UNSUPPORTED where nothing stands here."""
