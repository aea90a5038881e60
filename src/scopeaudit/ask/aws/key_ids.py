"""What an access key id says by itself, without asking anybody."""

import base64
import binascii

ACCOUNT_SOURCE = (
    "https://labs.withsecure.com/publications/a-bitwise-analysis-of-aws-access-key-identifiers.html"
)
"""Where the encoding of the account is described; AWS documents the prefixes only."""
PREFIX_SOURCE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"
)
_LENGTH = 20
_PREFIX = 4
_HIGHEST_ACCOUNT = 10**12


def is_temporary(key_id: str) -> bool:
    """Whether it is a temporary key, which is of no use without its session token."""
    return key_id.startswith("ASIA")


def account_of(key_id: str) -> str | None:
    """The twelve digits of the account, or `None` for keys of the older generation, which name none.

    After the prefix comes base32: one bit for the generation, then the account in forty.
    """
    if len(key_id) != _LENGTH:
        return None
    try:
        bits = int.from_bytes(base64.b32decode(key_id[_PREFIX:])[:6], "big")
    except (binascii.Error, ValueError):
        return None
    account = (bits >> 7) & 0xFF_FFFF_FFFF
    is_new_generation = bool(bits >> 47)
    return f"{account:012d}" if is_new_generation and account < _HIGHEST_ACCOUNT else None
