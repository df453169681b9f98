"""Shapes and check characters of pupil numbers, for saying what looks mistyped in a roll."""

from __future__ import annotations

import re

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
UPN_SHAPE = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]", re.ASCII)


def upn_has_shape(upn: str) -> bool:
    """True if the text is a letter, eleven digits, and a digit or (temporary UPN) a letter."""
    return UPN_SHAPE.fullmatch(upn) is not None and (upn[-1].isdigit() or upn[-1] in UPN_LETTERS)


def upn_check_letter(upn: str) -> str:
    """Return the check letter that a UPN of right shape should begin with (DfE guide to UPNs: weights 2 to 13, sum
    modulo 23; the last letter of a temporary UPN counts as its place in the table)."""
    values = [UPN_LETTERS.index(c) if c.isalpha() else int(c) for c in upn[1:]]
    return UPN_LETTERS[sum(weight * value for weight, value in enumerate(values, start=2)) % 23]
