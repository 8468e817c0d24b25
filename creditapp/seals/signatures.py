"""Ed25519 keys: the private key that signs heads, and the public keys that check them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from creditapp.exceptions import BadSealKey
from creditapp.publishing import publish

END_OF_KEY = b"-----END PUBLIC KEY-----\n"

PublicKeys = Mapping[str, Ed25519PublicKey]
"""Public keys by their ids."""


@dataclass(frozen=True)
class SigningKey:
    """A private key, and the id of its public key."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The public key."""
        return self.private.public_key()

    @property
    def key_id(self) -> str:
        """The id of the public key."""
        return key_id(self.public)

    def sign(self, document: bytes) -> str:
        """The signature as 128 hexadecimal digits."""
        return self.private.sign(document).hex()


def key_id(public: Ed25519PublicKey) -> str:
    """The fingerprint of a public key: the SHA-256 of its 32 bytes, in hexadecimal."""
    return sha256(public.public_bytes_raw()).hexdigest()


def is_signed(document: bytes, signature: str, public: Ed25519PublicKey) -> bool:
    """Whether the signature is that of the document."""
    try:
        public.verify(bytes.fromhex(signature), document)
    except (InvalidSignature, ValueError):
        return False
    return True


def create_key(path: Path) -> SigningKey:
    """Create a private key in a new file that only its owner can read.

    Raises:
        BadSealKey: the file exists, or cannot be written.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        publish(draft, path)
    except FileExistsError:
        raise BadSealKey(f"{path}: this file exists already; give another name") from None
    except OSError as error:
        raise BadSealKey(f"{path}: the key cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return SigningKey(private)


def read_key(path: Path) -> SigningKey:
    """Read the private key of a file.

    Raises:
        BadSealKey: the file cannot be read, or holds no Ed25519 key.
    """
    try:
        private = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise BadSealKey(f"{path}: not a private Ed25519 key in PEM; run: flask seal key {path}")
    return SigningKey(private)


def read_public_keys(path: Path) -> PublicKeys:
    """Read all public keys of a file, one PEM block after the other.

    Raises:
        BadSealKey: the file cannot be read, or holds something else.
    """
    pems = _read(path).replace(b"\r\n", b"\n").split(END_OF_KEY)
    found = [_public_key(path, pem + END_OF_KEY) for pem in pems if pem.strip()]
    if not found:
        raise BadSealKey(f"{path}: no public key in it; append those that flask seal key printed")
    return by_id(found)


def by_id(keys: Iterable[Ed25519PublicKey]) -> PublicKeys:
    """Public keys by their ids."""
    return {key_id(key): key for key in keys}


def public_pem(public: Ed25519PublicKey) -> str:
    """A public key in PEM."""
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _public_key(path: Path, pem: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadSealKey(f"{path}: not a public Ed25519 key in PEM")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSealKey(f"{path}: the key cannot be read: {error.strerror}") from error
