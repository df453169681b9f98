"""One-time codes of six figures (RFC 6238) and recovery codes: making and checking them. Nothing is kept here."""

from __future__ import annotations

import hmac
import secrets

import pyotp
import segno
from markupsafe import Markup

ISSUER = "mailguard"
RECOVERY_CODES = 8
_STEP = 30
_DRIFT = 1  # steps before and after: clocks of phones are not all right
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A new shared secret: 160 random bits in base32."""
    return pyotp.random_base32()


def uri_of(secret: str, name: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def picture(secret: str, name: str) -> Markup:
    """The QR code as an SVG element: black on white whatever the page's colours, with nothing inline that the content
    policy would refuse."""
    made = segno.make(uri_of(secret, name), micro=False, error="m")
    drawn = made.svg_inline(scale=5, border=4, light="#fff", svgclass="code", lineclass=None, omitsize=True)
    return Markup(drawn)  # noqa: S704  (made by the library of numbers only)


def step_of(secret: str, code: str, at: float) -> int:
    """The time step, around the second `at` since 1970, whose code this is; 0 if it is none's."""
    plain = "".join(code.split())
    if len(plain) != 6 or not (plain.isascii() and plain.isdecimal()):
        return 0
    now, totp = int(at) // _STEP, pyotp.TOTP(secret)
    found = 0
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step), plain):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Codes for the day the phone is lost, each good once: ten letters, about 50 bits."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]
