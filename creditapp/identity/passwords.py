"""Passwords: which are accepted, and how they are stored and compared."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from creditapp.exceptions import BadAccount
from creditapp.phrases import marked

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
SHORTEST_NAME = 4
"""A shorter name can be in a random password by chance."""
LONGEST_ESTIMATED = 72
"""The estimate looks at this many characters; its time grows with the length."""
LOWEST_STRENGTH = 3
"""Of 0 to 4: more than 100 million guesses."""

_hasher = PasswordHasher()


def check_password(password: str, name: str) -> None:
    """Check that a person with this name may have a password.

    The lists of common passwords, words and names are those of zxcvbn; nothing is asked of another host.

    Raises:
        BadAccount: it is too short, too long, common or easy to guess, or it contains the name.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadAccount(
            marked("a password has %(shortest)s to %(longest)s characters"),
            shortest=SHORTEST_PASSWORD,
            longest=LONGEST_PASSWORD,
        )
    if len(name) >= SHORTEST_NAME and name.casefold() in password.casefold():
        raise BadAccount(marked("a password must not contain the name"))
    estimate = zxcvbn(password[:LONGEST_ESTIMATED], user_inputs=[name, "creditapp"])
    if estimate["score"] < LOWEST_STRENGTH:
        raise BadAccount(marked("the password is common or easy to guess; choose another one"))


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def matches(hashed: str, password: str) -> bool:
    """Whether a password belongs to a hash; an empty hash has none, and takes as long."""
    nobodys = _nobodys_hash()
    try:
        return _hasher.verify(hashed or nobodys, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """Checked where there is no hash, so that the answer takes as long as with one."""
    return _hasher.hash(secrets.token_hex())
