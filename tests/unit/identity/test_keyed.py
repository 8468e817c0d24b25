"""Texts that are sealed with the service's secret."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from creditapp.identity import keyed
from tests.clock import stop_clock

SECRET = "0f" * 32
OLDER = (
    "gAAAAABpVbkAFgog4ZK0XPcE6UVWEfbnVm1mnOzbHP8rNirLLkKOMOfng33z"
    "QTddU08gTEZP0LvdRwGUy2AoyFyTAbe9b75vXw=="
)
"""Sealed by the release before, with Fernet and the same secret: the text `JBSWY3DP`."""


@pytest.mark.parametrize("text", ["", "JBSWY3DP", "é" * 500])
def test_a_sealed_text_comes_back(text: str) -> None:
    """And is sealed differently each time."""
    sealed = {keyed.seal(text, SECRET) for _ in range(3)}
    assert len(sealed) == 3
    assert {keyed.unseal(one, SECRET) for one in sealed} == {text}


def test_it_is_aes_256_gcm() -> None:
    """Read here with the primitives alone: 8 bytes of time, 12 of nonce, then text and tag."""
    key = HKDF(SHA256(), 32, None, b"creditapp seal with AES-256-GCM").derive(SECRET.encode())
    raw = base64.urlsafe_b64decode(keyed.seal("JBSWY3DP", SECRET)[2:])
    assert AESGCM(key).decrypt(raw[8:20], raw[20:], raw[:8]) == b"JBSWY3DP"


def test_an_altered_text_is_nothing() -> None:
    """Whichever character is another one, and whatever is cut off."""
    sealed = keyed.seal("JBSWY3DP", SECRET)
    for at in range(len(sealed) - 1):
        other = "A" if sealed[at] != "A" else "B"
        assert keyed.unseal(sealed[:at] + other + sealed[at + 1 :], SECRET) is None
        assert keyed.unseal(sealed[:at], SECRET) is None
    assert keyed.unseal(sealed, SECRET[::-1]) is None


def test_a_sealed_text_can_be_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the second."""
    clock = stop_clock(monkeypatch, keyed)
    sealed = keyed.seal("JBSWY3DP", SECRET)
    clock.advance(300)
    assert keyed.unseal(sealed, SECRET, 300) == "JBSWY3DP"
    clock.advance(1)
    assert keyed.unseal(sealed, SECRET, 300) is None
    assert keyed.unseal(sealed, SECRET) == "JBSWY3DP"


def test_what_was_sealed_before_is_still_read() -> None:
    """People keep the second factor that they have."""
    assert keyed.unseal(OLDER, SECRET) == "JBSWY3DP"
    assert keyed.unseal(OLDER, SECRET[::-1]) is None
    assert keyed.unseal(OLDER, SECRET, 300) is None
