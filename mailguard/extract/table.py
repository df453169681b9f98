"""The table of formats: which reader reads which kind, and what is said of the kinds that none reads."""

from __future__ import annotations

from mailguard.extract import (
    applefile,
    applelist,
    archive,
    armour,
    cfb,
    csvtable,
    html,
    icalendar,
    iwork,
    jsontext,
    legacylock,
    mailbox,
    message,
    msg,
    odf,
    opc,
    pdf,
    picture,
    pkcs7,
    rtf,
    sevenzip,
    sheet,
    sheet97,
    sheetbinary,
    slides,
    slides97,
    sylk,
    text,
    tnef,
    word,
    word97,
    xmltext,
    zipped,
)
from mailguard.extract.kind import Kind
from mailguard.extract.parts import Reader
from mailguard.model import UnreadableReason

READERS: dict[Kind, Reader] = {
    Kind.TEXT: text.read,
    Kind.HTML: html.read,
    Kind.CSV: csvtable.read,
    Kind.XML: xmltext.read,
    Kind.JSON: jsontext.read,
    Kind.MESSAGE: message.read,
    Kind.MAILBOX: mailbox.read,
    Kind.PGP_KEY: armour.read,
    Kind.PGP_SIGNATURE: armour.read,
    Kind.CERTIFICATE: armour.read,
    Kind.ZIP: zipped.read,
    Kind.GZIP: archive.read_gzip,
    Kind.BZIP2: archive.read_bzip2,
    Kind.XZ: archive.read_xz,
    Kind.TAR: archive.read_tar,
    Kind.SEVEN_ZIP: sevenzip.read,
    Kind.CALENDAR: icalendar.read,
    Kind.CONTACT: icalendar.read,
    Kind.APPLE: applefile.read,
    Kind.APPLE_LIST: applelist.read,
    Kind.FOLDER_VIEW: applefile.read_folder_view,
    Kind.TNEF: tnef.read,
    Kind.OUTLOOK: msg.read,
    Kind.PKCS7: pkcs7.read,
    Kind.PDF: pdf.read,
    Kind.WORD: word.read,
    Kind.SHEET: sheet.read,
    Kind.SLIDES: slides.read,
    Kind.OPENDOCUMENT: odf.read,
    Kind.OOXML: opc.read,
    Kind.IWORK: iwork.read,
    Kind.RTF: rtf.read,
    Kind.SHEET_TEXT: sylk.read,
    Kind.WORD97: word97.read,
    Kind.SHEET_BINARY: sheetbinary.read,
    Kind.SHEET97: sheet97.read,
    Kind.SLIDES97: slides97.read,
    Kind.COMPOUND: cfb.read,
    Kind.LOCKED_OFFICE: legacylock.read,
    Kind.PICTURE: picture.read,
}

HARMLESS = frozenset({Kind.EMPTY})
"""Kinds that hold nothing."""

LOCKABLE = frozenset({Kind.ZIP, Kind.PDF, Kind.LOCKED_OFFICE, Kind.SEVEN_ZIP, Kind.WORD97, Kind.SHEET97, Kind.SLIDES97})
"""Kinds that may need a password."""

ZIPPED = frozenset(
    {Kind.ZIP, Kind.WORD, Kind.SHEET, Kind.SHEET_BINARY, Kind.SLIDES, Kind.OPENDOCUMENT, Kind.OOXML, Kind.IWORK}
)
"""Kinds that are zip containers by nature; any other content that ends like a zip is read as one too."""

SHOWN_AS_SOURCE = frozenset({Kind.HTML, Kind.XML, Kind.MESSAGE, Kind.CALENDAR, Kind.CONTACT, Kind.RTF})
"""Kinds of text that a reader who believes the claim "plain text" shows as they stand."""

NO_READER: dict[Kind, UnreadableReason] = {
    Kind.PGP_MESSAGE: UnreadableReason.ENCRYPTED,
}
"""The reason given for a kind without a reader; UNSUPPORTED where nothing stands here."""
