"""What is made with the service's secret: digests that only it can make, and sealed texts."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALIAS_LENGTH = 12


def alias_of(text: str, secret: str) -> str:
    """A short name for a text that must not be stored: 12 hexadecimal digits, the same for the same text."""
    digest = hmac.new(_key(secret, "alias"), text.encode(), hashlib.sha256).hexdigest()
    return digest[:ALIAS_LENGTH]


def seal(text: str, secret: str) -> str:
    """Encrypt a text, so that the database alone does not tell it."""
    return _box(secret).encrypt(text.encode()).decode()


def unseal(sealed: str, secret: str, seconds: int | None = None) -> str | None:
    """The text that was sealed, at most `seconds` ago.

    None if the secret is another one, the text was altered, or it was sealed longer ago.
    """
    try:
        return _box(secret).decrypt(sealed.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None


def _box(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(secret, "seal")))


def _key(secret: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose alone."""
    derivation = HKDF(SHA256(), 32, salt=None, info=f"creditapp {purpose}".encode())
    return derivation.derive(secret.encode())
