"""The identity provider: OpenID Connect with Authlib, which checks state, nonce, signature and claims."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, current_app
from flask_babel import gettext
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug import Response

from creditapp.exceptions import NotFound, ProviderUnavailable, SignInFailed
from creditapp.identity.external_people import Vouched
from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.settings.settings import Settings

NAME = "provider"
SECONDS = 5
NONSENSE = (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError)
BROKEN = (*NONSENSE, AttributeError, RuntimeError)
"""What Authlib raises where a provider does not answer, or not as the standard says."""
LONGEST = 255
ALGORITHMS = frozenset(
    [
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "EdDSA",
        "Ed25519",
    ]
)
"""What may sign an identity token: nothing with a shared key, and not "none"."""
FRESH = {"prompt": "login", "max_age": "0"}
"""Asks the provider to have the person prove again who they are."""

log = logging.getLogger(__name__)


def init_app(app: Flask, settings: Settings) -> None:
    """Register the provider of the settings, if there is one; it is asked at the first sign-in."""
    if not settings.oidc_issuer:
        return
    OAuth(app).register(
        NAME,
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )


def is_set_up() -> bool:
    """Whether people can sign in with a provider."""
    return bool(current_settings().oidc_issuer)


def redirect_to_provider(back_to: str, *, fresh: bool) -> Response:
    """Send the browser to the provider; `fresh` has the person prove again who they are.

    Raises:
        NotFound: no provider is set up.
        ProviderUnavailable: it does not answer, or not as it should.
    """
    with _failures():
        # why: Authlib's own nonce has fewer than 128 bits.
        query = {"nonce": secrets.token_urlsafe(32), **(FRESH if fresh else {})}
        response: Response = _checked_client().authorize_redirect(back_to, **query)
    return response


def receive() -> Vouched:
    """What the provider says of the person whom the browser brings back.

    Raises:
        NotFound: no provider is set up.
        SignInFailed: the person or the provider ended the sign-in, or it did not begin in this browser.
        ProviderUnavailable: the provider does not answer, or not as it should.
    """
    settings = current_settings()
    claims_options = {
        "iss": {"essential": True, "values": [settings.oidc_issuer]},
        "aud": {"essential": True, "value": settings.oidc_client_id},
    }
    try:
        with _failures():
            token = _checked_client().authorize_access_token(claims_options=claims_options)
            return _vouched(token["userinfo"], settings)
    except OAuthError as error:
        raise SignInFailed(
            gettext(
                "The sign-in with the provider did not succeed (%(why)s). Try again.",
                why=error.error,
            )
        ) from error


def sign_out_address(back_to: str) -> str | None:
    """Where to sign out of the provider too; none if it offers no such place."""
    with _failures():
        client = _checked_client()
        if not client.load_server_metadata().get("end_session_endpoint"):
            return None
        made = client.create_logout_url(back_to, client_id=current_settings().oidc_client_id)
        return str(made["url"])


def _vouched(claims: dict[str, Any], settings: Settings) -> Vouched:
    subject = claims["sub"]
    groups = claims.get(settings.oidc_groups_claim, [])
    names = [claims.get(one) for one in ("preferred_username", "email", "name")]
    if not (isinstance(subject, str) and 0 < len(subject) <= LONGEST):
        raise ValueError("the subject is no text of 1 to 255 characters")
    if isinstance(groups, str):
        groups = [groups]
    if not isinstance(groups, list):
        raise TypeError("the groups are no list")
    signed_in_at = claims.get("auth_time")
    return Vouched(
        issuer=settings.oidc_issuer,
        subject=subject,
        name=next((one for one in names if isinstance(one, str) and one.strip()), subject),
        groups=tuple(one for one in groups if isinstance(one, str)),
        signed_in_at=datetime.fromtimestamp(signed_in_at, UTC) if signed_in_at else None,
        strengths=_strengths(claims),
    )


def _strengths(claims: dict[str, Any]) -> frozenset[str]:
    """How the person signed in there: https://openid.net/specs/openid-connect-core-1_0.html#IDToken."""
    methods = claims.get("amr", [])
    listed = methods if isinstance(methods, list) else [methods]
    return frozenset(one for one in [*listed, claims.get("acr")] if isinstance(one, str))


def _client() -> Any:
    if not is_set_up():
        raise NotFound(marked("no identity provider is set up"))
    return current_app.extensions["authlib.integrations.flask_client"].create_client(NAME)


def _checked_client() -> Any:
    """The client, once the provider's own document names the issuer of the settings.

    Raises:
        ValueError: it names another issuer, or signs with nothing that is accepted.
    """
    client = _client()
    document = client.load_server_metadata()
    if document.get("issuer") != current_settings().oidc_issuer:
        raise ValueError("the discovery document is another issuer's")
    # why: Authlib accepts whatever the document lists; RS256 is what the standard assumes without a list.
    listed = document.get("id_token_signing_alg_values_supported", ["RS256"])
    accepted = [one for one in listed if one in ALGORITHMS]
    if not accepted:
        raise ValueError("the provider signs with no accepted algorithm")
    document["id_token_signing_alg_values_supported"] = accepted
    return client


@contextmanager
def _failures() -> Iterator[None]:
    """Raise what is wrong with the provider as one error; the log names its kind, and no person."""
    try:
        yield
    except OAuthError:
        raise
    except BROKEN as error:
        log.warning("the identity provider cannot be used: %s", type(error).__name__)
        raise ProviderUnavailable(
            gettext(
                "The identity provider does not answer as it should. Try again later, or sign in with a "
                "name and a password."
            )
        ) from error
