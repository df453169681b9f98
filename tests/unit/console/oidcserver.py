"""A real OpenID Connect provider on loopback, as strict as they are: one client, authorization code with PKCE, codes
good once, tokens signed by a published key. What it says of the account is up to the test."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "console", "the client's secret"


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})


FIRST_KEY = new_key()


@dataclass
class OidcServer:
    """`claims` go over what a token would say; a claim that is None is left out. `signer` signs; `keys` are published.
    `path` is what stands behind the host in the issuer, as a tenant does."""

    path: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.signer = FIRST_KEY
        self.keys = [self.signer]
        self.codes: dict[str, dict[str, str]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.get(self)

            def do_POST(self) -> None:
                outer.post(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.issuer = self.base + self.path
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def get(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        if url.path == f"{self.path}/.well-known/openid-configuration":
            said = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            self.answer(request, 200, said | self.document)
        elif url.path == f"{self.path}/keys":
            self.answer(request, 200, {"keys": [key.as_dict(private=False) for key in self.keys]})
        elif url.path == f"{self.path}/authorize":
            asked = dict(parse_qsl(url.query))
            self.asked.append(asked)
            assert asked["client_id"] == CLIENT
            assert asked["response_type"] == "code"
            assert asked["code_challenge_method"] == "S256"
            assert len(asked["state"]) > 20
            assert len(asked["nonce"]) > 20
            assert "openid" in asked["scope"].split()
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            to = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            request.send_response(302)
            request.send_header("location", to)
            request.end_headers()
        else:
            self.answer(request, 404, {})

    def post(self, request: BaseHTTPRequestHandler) -> None:
        sent = request.rfile.read(int(request.headers["content-length"])).decode()
        form = {key: values[0] for key, values in parse_qs(sent).items()}
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            self.answer(request, 401, {"error": "invalid_client"})
            return
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = asked is not None and asked["code_challenge"] == challenge.decode().rstrip("=")
        if asked is None or not fits or asked["redirect_uri"] != form.get("redirect_uri"):
            self.answer(request, 400, {"error": "invalid_grant"})
            return
        self.answer(request, 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.token(asked["nonce"])})

    def token(self, nonce: str) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "sub": "subject-1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {key: value for key, value in (said | self.claims).items() if value is not None}
        if self.algorithm == "none":
            head, body = ({"alg": "none"}, claims)
            parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (head, body)]
            return ".".join([*parts, ""])
        if self.algorithm == "HS256":
            from joserfc.jwk import OctKey

            return jwt.encode(
                {"alg": "HS256", "kid": self.signer.kid}, claims, OctKey.import_key(SECRET * 2), algorithms=["HS256"]
            )
        return jwt.encode({"alg": self.algorithm, "kid": self.signer.kid}, claims, self.signer)

    def answer(self, request: BaseHTTPRequestHandler, status: int, said: object) -> None:
        data = json.dumps(said).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
