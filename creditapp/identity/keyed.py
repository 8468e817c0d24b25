"""What is made with the service's secret: digests that only it can make, and sealed texts."""

import base64
import hashlib
import hmac
import os
import time

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALIAS_LENGTH = 12
FORMAT = "2."
"""Begins what is sealed now, so that another algorithm can be told from it later; no older text begins so."""
STAMP_BYTES = 8
NONCE_BYTES = 12


def alias_of(text: str, secret: str) -> str:
    """A short name for a text that must not be stored: 12 hexadecimal digits, the same for the same text."""
    digest = hmac.new(_key(secret, "alias"), text.encode(), hashlib.sha256).hexdigest()
    return digest[:ALIAS_LENGTH]


def seal(text: str, secret: str) -> str:
    """Encrypt a text with AES-256-GCM, so that the database alone does not tell it."""
    stamp, nonce = int(time.time()).to_bytes(STAMP_BYTES), os.urandom(NONCE_BYTES)
    encrypted = _box(secret).encrypt(nonce, text.encode(), stamp)
    return FORMAT + base64.urlsafe_b64encode(stamp + nonce + encrypted).decode()


def unseal(sealed: str, secret: str, seconds: int | None = None) -> str | None:
    """The text that was sealed, at most `seconds` ago.

    None if the secret is another one, the text was altered, or it was sealed longer ago.
    """
    if not sealed.startswith(FORMAT):
        return _unseal_older(sealed, secret, seconds)
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(FORMAT))
        stamp, rest = raw[:STAMP_BYTES], raw[STAMP_BYTES:]
        text = _box(secret).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], stamp).decode()
    except (InvalidTag, ValueError):
        return None
    is_late = seconds is not None and time.time() - int.from_bytes(stamp) > seconds
    return None if is_late else text


def _box(secret: str) -> AESGCM:
    return AESGCM(_key(secret, "seal with AES-256-GCM"))


def _unseal_older(sealed: str, secret: str, seconds: int | None) -> str | None:
    """What was sealed with Fernet: second factors that were set up before."""
    box = Fernet(base64.urlsafe_b64encode(_key(secret, "seal")))
    try:
        return box.decrypt(sealed.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None


def _key(secret: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose alone."""
    derivation = HKDF(SHA256(), 32, salt=None, info=f"creditapp {purpose}".encode())
    return derivation.derive(secret.encode())
