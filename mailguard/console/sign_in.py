"""The school's own accounts as a way to sign in: settings, `[console.sign_in.NAME]` in the configuration."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from mailguard.policy.toml import Table

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_SECRET = 10_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_MICROSOFT = "https://login.microsoftonline.com"
_GOOGLE = "https://accounts.google.com"
_TENANT_REMEDY = "Write the directory's id, as its overview page shows it: 8-4-4-4-12 figures and letters a to f."


class Kind(StrEnum):
    """Who keeps the accounts, which says how an e-mail address is known to be theirs."""

    ENTRA = "entra"
    GOOGLE = "google"
    OIDC = "oidc"


_TITLES = {Kind.ENTRA: "Microsoft", Kind.GOOGLE: "Google", Kind.OIDC: "your school account"}


@dataclass(frozen=True, slots=True)
class SignIn:
    """One provider: its place in our URLs, its issuer exactly as it signs itself, and what we are to it. `tenant` is
    the Entra tenant, `domains` are the Google Workspace domains, of which accounts are taken and no others."""

    name: str
    kind: Kind
    issuer: str
    client_id: str
    secret_file: Path = field(repr=False)
    title: str = ""
    tenant: str = ""
    domains: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What stands on the button, after "Sign in with"."""
        return self.title or _TITLES[self.kind]

    def secret(self) -> str:
        """The client secret: the first line of its file. ValueError, with what to do, if there is none, or something
        else in its place."""
        try:
            if self.secret_file.exists() and not self.secret_file.is_file():
                raise ValueError(f"{self.secret_file} is no file; write the secret in the first line of one")
            with self.secret_file.open("rb") as file:
                lines = file.read(_MOST_SECRET).decode("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8"
            raise ValueError(f"{self.secret_file} cannot be read: {reason}") from None
        secret = lines[0].strip() if lines else ""
        if not secret:
            raise ValueError(f"{self.secret_file} holds no secret; write it in the first line")
        if secret == self.client_id:
            raise ValueError(f"{self.secret_file} holds the client id; copy the provider's value alone")
        if self.kind is Kind.ENTRA and _TENANT.fullmatch(secret.lower()):
            # Entra shows both side by side, and only the value is ever accepted.
            raise ValueError(f'{self.secret_file} holds the "Secret ID"; make a new secret and copy its "Value"')
        return secret


def secret_faults(found: Iterable[SignIn]) -> list[tuple[str, str]]:
    """What is wrong with the secrets of providers: the table's name, and the fault with what to do. Nothing is asked of
    any provider."""
    faults = []
    for one in found:
        try:
            one.secret()
        except ValueError as error:
            faults.append((f"console.sign_in.{one.name}", str(error)))
    return faults


def take_sign_in(table: Table, folder: Path) -> tuple[SignIn, ...]:
    """Take every table [console.sign_in.NAME]. Problems are reported to the table's source. The secrets are read when
    the console starts: a relay has no need of them."""
    found = []
    for name in table.values:
        own = table.table(name)
        if not _NAME.fullmatch(name):
            own.report("", f'"{name}" cannot stand in a URL.', "Use small letters, figures and hyphens.")
        found.append(_take(own, name, folder))
        own.finish()
    table.finish()
    return tuple(found)


def _take(table: Table, name: str, folder: Path) -> SignIn:
    kind = table.choice("kind", Kind, Kind.OIDC)
    if "kind" not in table:
        table.report("", '"kind" is missing.', 'Write kind = "entra", "google" or "oidc".')
    tenant, domains = table.text("tenant").lower(), table.texts("domains", ())
    for key, owner in (("tenant", Kind.ENTRA), ("domains", Kind.GOOGLE)):
        if key in table and kind is not owner:
            table.report(key, f'"{key}" belongs to kind = "{owner}".', f'Remove it, or write kind = "{owner}".')
    issuer = table.text("issuer")
    client_id, secret = table.text("client_id"), table.text("client_secret_file")
    for key, value in (("client_id", client_id), ("client_secret_file", secret)):
        if not value:
            table.report(key if key in table else "", f'"{key}" is missing.', f'Add {key} = "...".')
    if kind is Kind.ENTRA:
        # "common" and "organizations" sign for every tenant of the world: only one of our own will do.
        if not _TENANT.fullmatch(tenant):
            table.report("tenant" if "tenant" in table else "", "the tenant is not named by its id.", _TENANT_REMEDY)
        issuer = f"{issuer or _MICROSOFT}/{tenant}/v2.0"
    elif kind is Kind.GOOGLE:
        if not domains:
            table.report("", '"domains" is missing.', 'Add domains = ["oakfield.example"]: whose accounts are taken.')
        issuer = issuer or _GOOGLE
    elif not issuer:
        table.report("", '"issuer" is missing.', 'Add issuer = "https://...", as the provider names itself.')
    _check_url(table, issuer)
    domains = tuple(one.lower() for one in domains)
    return SignIn(name, kind, issuer, client_id, folder / secret, table.text("title"), tenant, domains)


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_url(table: Table, issuer: str) -> None:
    try:
        parts = urlsplit(issuer)
        fine = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    except ValueError:
        fine = False
    if issuer and not (fine and parts.hostname):
        table.report("issuer", f'"{issuer}" is not an https:// URL.', "Write it as the provider names itself.", issuer)
