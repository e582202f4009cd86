"""The organisation's own sign-in service (OpenID Connect): where to send somebody, and who came back.

Guards: all checks that the standard asks of a client are made. Metadata and token name the configured provider. The
signature is by one of its keys, never by a shared secret or absent. Audience, time and nonce fit. The code was fetched
for this very try (PKCE). Only the subject is kept.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2 as httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from api.settings import OpenId

ALGORITHMS = ("RS256", "PS256", "ES256")
_LEEWAY_SECONDS = 60
_ANSWER_SECONDS = 5.0
_METADATA = "/.well-known/openid-configuration"


class ProviderError(Exception):
    """The provider does not answer, or its answer fails a check; the message is for the journal and holds no values."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The random values that bind one try, each used once."""

    state: str
    nonce: str
    verifier: str


@dataclass(slots=True)
class _Found:
    """The provider's own metadata."""

    metadata: Mapping[str, Any]
    keys: KeySet


@dataclass(slots=True)
class Provider:
    """The installation's one provider. Its metadata and keys are fetched when first needed."""

    settings: OpenId
    _found: _Found | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def address(self, secrets: Secrets) -> str:
        """Return the address to send somebody to. Raises ProviderError."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect,
            "scope": "openid",
            "state": secrets.state,
            "nonce": secrets.nonce,
            "code_challenge": create_s256_code_challenge(secrets.verifier),
            "code_challenge_method": "S256",
        }
        where = self._known().metadata["authorization_endpoint"]
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    def subject(self, code: str, secrets: Secrets, at: datetime) -> str:
        """Exchange the code for the subject the provider vouches for. Raises ProviderError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect or "",
            "code_verifier": secrets.verifier,
        }
        client_id, secret = self.settings.client_id or "", self.settings.client_secret
        authority = None if secret is None else httpx.BasicAuth(client_id, secret.get_secret_value())
        if authority is None:
            form["client_id"] = client_id
        given = _fetch("POST", self._known().metadata["token_endpoint"], data=form, auth=authority)
        return self._vouched(str(given.get("id_token", "")), str(given.get("access_token", "")), secrets, at)

    def _vouched(self, token: str, access_token: str, secrets: Secrets, at: datetime) -> str:
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "exp": {"essential": True},
        }
        params = {
            "nonce": secrets.nonce,
            "client_id": self.settings.client_id,
            "access_token": access_token or None,
        }
        try:
            opened = self._opened(token)
            claims = CodeIDToken(opened.claims, opened.header, options, params)
            claims.validate(now=int(at.timestamp()), leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise ProviderError(f"The token cannot be believed: {type(error).__name__}.") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ProviderError("The token names nobody.")
        return claims["sub"]

    def _opened(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._known().keys, list(ALGORITHMS))
        except (BadSignatureError, InvalidKeyIdError, ValueError):
            # Signed with an unknown key: the provider may have changed its keys.
            return jwt.decode(token, self._known(anew=True).keys, list(ALGORITHMS))

    def _known(self, *, anew: bool = False) -> _Found:
        with self._lock:
            if self._found is None or anew:
                self._found = self._discover()
            return self._found

    def _discover(self) -> _Found:
        issuer = self.settings.issuer or ""
        metadata = _fetch("GET", issuer.rstrip("/") + _METADATA)
        if metadata.get("issuer") != issuer:
            raise ProviderError("The metadata is another provider's.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(str(metadata.get(name))).scheme != urlsplit(issuer).scheme:
                raise ProviderError(f"The metadata has no {name} that can be used.")
        try:
            keys = KeySet.import_key_set(_fetch("GET", metadata["jwks_uri"]))  # pyright: ignore[reportArgumentType]
        except (JoseError, KeyError, TypeError, ValueError):
            raise ProviderError("The keys cannot be read.") from None
        return _Found(metadata, keys)


def _fetch(method: str, address: str, **more: Any) -> Mapping[str, Any]:
    try:
        answer = httpx.request(method, address, timeout=_ANSWER_SECONDS, follow_redirects=False, **more)
        said = answer.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderError(f"The provider gives no answer: {type(error).__name__}.") from None
    if not isinstance(said, dict):
        raise ProviderError("The provider's answer is no object.")
    return said
