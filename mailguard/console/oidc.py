"""Signing in with the school's own accounts: OpenID Connect, authorization code with PKCE (RFC 7636), state and nonce.

The protocol is Authlib's. Ours is who is let in: the issuer is the one configured, to the letter (for Entra that of one
tenant); tokens are signed by its published keys, never by a shared secret; the account has to be the tenant's or the
domain's own; and nobody becomes a user by signing in. All of it happens outside any database transaction."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mailguard.console.settings import ConsoleSettings
from mailguard.console.sign_in import Kind, SignIn

_TIMEOUT = 10.0
_AT_ONCE = 8
_KEPT_SECONDS = 3600.0
_LEEWAY = 60
_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_MOST_ANSWER = 1 << 20


class SignInRefused(Exception):
    """The provider, or what it says, does not let anybody in. `word` is a word of the program, for the log and the
    history: never anything of the account."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the browser keeps, sealed, while somebody is at the provider: which one, what its answer has to repeat, the
    secret half of the code challenge, where to go afterwards, and until when this counts."""

    provider: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    wanted: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class Account:
    """Who the provider says this is: issuer and subject for ever, and an e-mail address it vouches for."""

    issuer: str
    subject: str = field(repr=False)
    email: str = field(repr=False)


class Provider:
    """One provider. Its document and keys are fetched when first needed, and again after an hour or when a token is
    signed by a key that is not among them. Used from many threads."""

    def __init__(self, settings: SignIn, secret: str, redirect_uri: str) -> None:
        self.settings = settings
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def begin(self, wanted: str, lasts: float) -> tuple[str, Handshake]:
        """The URL to send the browser to, and what it has to bring back. SignInRefused if the provider is not there."""
        with self._turn():
            document = self._document()
        handshake = Handshake(
            self.settings.name,
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(48),
            wanted,
            time.time() + lasts,
        )
        extra = {"hd": self.settings.domains[0]} if len(self.settings.domains) == 1 else {}
        with self._client() as client:
            url, _ = client.create_authorization_url(
                document["authorization_endpoint"],
                state=handshake.state,
                code_verifier=handshake.verifier,
                nonce=handshake.nonce,
                **extra,
            )
        return str(url), handshake

    def finish(self, handshake: Handshake, answer: Mapping[str, str]) -> Account:
        """Whose account the provider's answer stands for. SignInRefused if it does not stand for any."""
        if not hmac.compare_digest(handshake.state.encode(), answer.get("state", "").encode()):
            raise SignInRefused("state")
        # RFC 9207: an answer that names another issuer was mixed up with another provider's.
        if (answer.get("iss") or self.settings.issuer) != self.settings.issuer:
            raise SignInRefused("issuer")
        if answer.get("error") or not answer.get("code"):
            raise SignInRefused("provider-refused")
        with self._turn():
            token = self._token(answer["code"], handshake.verifier)
            return account_of(self.settings, self._claims(token, handshake.nonce))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """While the provider may be asked. Some few wait for it at a time: each holds one of the threads that pages are
        made in, and a provider that does not answer would take them all."""
        if not self._turns.acquire(blocking=False):
            raise SignInRefused("busy")
        try:
            yield
        finally:
            self._turns.release()

    def _token(self, code: str, verifier: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        endpoint = self._document()["token_endpoint"]
        with self._client() as client:
            try:
                token = client.fetch_token(endpoint, grant_type="authorization_code", code=code, code_verifier=verifier)
            except AuthlibBaseError:
                raise SignInRefused("code-refused") from None
            except Exception as error:
                raise SignInRefused("provider-unreachable") from error
        return dict(token)

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The ID token's claims, signature and all (OpenID Connect Core, 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        text = token.get("id_token")
        if not isinstance(text, str):
            raise SignInRefused("no-id-token")
        options = {"iss": {"essential": True, "value": self.settings.issuer}}
        options["aud"] = {"essential": True, "value": self.settings.client_id}
        params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": token.get("access_token")}
        for force in (False, True):
            try:
                keys = KeySet.import_key_set(self._fetch("jwks", self._document()["jwks_uri"], force))  # type: ignore[arg-type]
                decoded = jwt.decode(text, keys, algorithms=_SIGNED_BY)
                claims = CodeIDToken(decoded.claims, decoded.header, options, params)
                claims.validate(leeway=_LEEWAY)
            except (JoseError, ValueError, KeyError, TypeError) as error:
                if not force and _may_be_a_new_key(error):
                    continue
                raise SignInRefused("token") from None
            return dict(claims)
        raise SignInRefused("token")

    def _document(self) -> dict[str, Any]:
        """The provider's description of itself (OpenID Connect Discovery). It has to be the issuer's own."""
        url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = self._fetch("document", url)
        if document.get("issuer") != self.settings.issuer:
            raise SignInRefused("issuer")
        if not all(
            isinstance(document.get(key), str) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        ):
            raise SignInRefused("document")
        return document

    def _fetch(self, name: str, url: str, force: bool = False) -> dict[str, Any]:
        import httpx2

        with self._lock:
            at, kept = self._kept.get(name, (0.0, {}))
        if kept and not force and time.monotonic() - at < _KEPT_SECONDS:
            return kept
        try:
            answer = httpx2.get(url, timeout=_TIMEOUT, follow_redirects=False)
            answer.raise_for_status()
            found = json.loads(answer.content) if len(answer.content) < _MOST_ANSWER else None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            raise SignInRefused("provider-unreachable") from None
        if not isinstance(found, dict):
            raise SignInRefused("document")
        with self._lock:
            self._kept[name] = (time.monotonic(), found)
        return found

    def _client(self) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self.settings.client_id,
            self._secret,
            scope="openid email profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
        )


class Used:
    """States that browsers came back with: each counts once, whatever a provider does about its codes."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def first_time(self, state: str, until: float) -> bool:
        """Whether this state was not seen before; it is remembered for as long as it could count."""
        now = time.time()
        with self._lock:
            self._until = {one: end for one, end in self._until.items() if end > now}
            if state in self._until:
                return False
            self._until[state] = until
            return True


def _may_be_a_new_key(error: Exception) -> bool:
    """Whether the provider may have changed its keys since they were fetched."""
    from joserfc.errors import BadSignatureError, InvalidKeyIdError

    return isinstance(error, (InvalidKeyIdError, BadSignatureError))


def providers_of(settings: ConsoleSettings) -> tuple[Provider, ...]:
    """The providers that are configured. ValueError, with what to do, if a secret cannot be read."""
    url = settings.public_url
    return tuple(Provider(one, one.secret(), f"{url}/sign-in/from/{one.name}") for one in settings.sign_in)


def account_of(settings: SignIn, claims: Mapping[str, Any]) -> Account:
    """The account that checked claims stand for. SignInRefused if it is not one of the tenant's or domain's own, or no
    address is vouched for."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise SignInRefused("subject")
    if settings.kind is Kind.ENTRA:
        if claims.get("tid") != settings.tenant:
            raise SignInRefused("tenant")
        # Anybody may set `email` in some tenants; the sign-in name is of a domain that this tenant has proved its own.
        vouched = claims.get("email") if claims.get("xms_edov") in (True, 1, "1", "true") else None
        email = vouched or claims.get("preferred_username")
    else:
        if settings.kind is Kind.GOOGLE and str(claims.get("hd", "")).lower() not in settings.domains:
            raise SignInRefused("domain")
        email = claims.get("email") if claims.get("email_verified") is True else None
    if not isinstance(email, str) or "@" not in email:
        raise SignInRefused("no-address")
    return Account(settings.issuer, subject, email)
