"""The key that messages of one sending run share: same sender, same template of the subject, same day. Pure.

A mail merge differs from message to message in names, classes, dates and numbers. What stays when those are taken out
of the subject is its skeleton. The key is a keyed digest, so that it may be stored and compared in the clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from email.errors import HeaderParseError
from email.header import decode_header, make_header

_PREFIX = re.compile(r"^(?:(?:re|fwd?|fw|aw|wg|tr|sv|vs)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_MOST = 500
_SUBJECT_CHARS = 1000
_HEADER_BYTES = 128 << 10  # a message may be nothing but header, and the expression takes 20 ms a megabyte
_SUBJECT = re.compile(rb"^subject[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
_VARIES = "*"
_PARTICLE_WORDS = "al bin da de del della den der di do dos du el ibn la le ter van von"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())


def subject_skeleton(subject: str) -> str:
    """Return what of a subject is the same all through a mail merge: lower-case words, with numbers and capitalised
    words inside it (names, mostly) replaced by "*", runs of which are one. Answers and forwards are as the original.

    The first word of a subject is capitalised anyway: it counts as a name only where the next one does too. Subjects in
    capitals or in small letters throughout have no names to tell; there only numbers vary."""
    text = _PREFIX.sub("", unicodedata.normalize("NFKC", subject[:_MOST]).strip())
    words = _WORD.findall(text)
    telling = any(word[0].islower() for word in words) and any(word[0].isupper() for word in words[1:])
    skeleton: list[str] = []
    for n, word in enumerate(words):
        named = telling and (_is_name(word, n, words) or (word in _PARTICLES and skeleton[-1:] == [_VARIES]))
        shown = _VARIES if named or any(sign.isdigit() for sign in word) else word.casefold()
        if not (shown == _VARIES and skeleton and skeleton[-1] == _VARIES):
            skeleton.append(shown)
    return " ".join(skeleton)


def batch_key(sender: str, subject: str, day: str, digest: Callable[[str, str], bytes]) -> str:
    """Return the key of the run that a message belongs to, "" if it can belong to none (null sender).

    `day` is the day of receipt (ISO), so that the same template next week is another run. `digest` is a keyed digest of
    a field's name and value (the store's vault has one); without its key the result tells nothing of its parts."""
    if not sender:
        return ""
    value = "\0".join((sender.strip().casefold(), subject_skeleton(subject), day))
    return digest("batch", value)[:16].hex()


def _is_name(word: str, n: int, words: list[str]) -> bool:
    if not word[0].isupper() or (len(word) > 1 and word.isupper()):
        return False
    return n > 0 or (len(words) > 1 and words[1][0].isupper() and not words[1].isupper())


def subject_of(content: bytes) -> str:
    """Return the Subject of a message for people to read, "" if it has none in the first 128 KB; the first one where
    there are several."""
    end = content.find(b"\r\n\r\n", 0, _HEADER_BYTES)
    found = _SUBJECT.search(content, 0, end if end >= 0 else min(len(content), _HEADER_BYTES))
    if not found:
        return ""
    raw = found[1].replace(b"\r\n", b"").decode("utf-8", "replace").strip()[:_SUBJECT_CHARS]
    if "=?" not in raw:
        return raw.encode("utf-8", "replace").decode()
    try:
        text = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        text = raw
    return text.encode("utf-8", "replace").decode()
