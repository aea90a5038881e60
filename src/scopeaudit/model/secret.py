"""The only type that holds a secret, and the credential that carries one.

Whoever can import this module can reach a secret, so `report` and `audit` may not
(checked by import-linter), and a test lists every caller of `Secret.reveal`.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, final

from scopeaudit.model.credential import Credential

_PROCESS_KEY = os.urandom(32)


@final
class Secret:
    """Secret text that no ordinary operation shows.

    `repr`, `str`, `format`, pickling and copying give nothing away; equality takes constant
    time; the hash is keyed by a number of this process alone, so it means nothing elsewhere.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself. Only the callers listed in `tests/test_secrecy.py` may ask."""
        return self.__text

    def __len__(self) -> int:
        return len(self.__text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self.__text.encode("utf-8", "surrogatepass"),
            other.__text.encode("utf-8", "surrogatepass"),
        )

    def __hash__(self) -> int:
        digest = hashlib.blake2b(
            self.__text.encode("utf-8", "surrogatepass"), key=_PROCESS_KEY, digest_size=8
        )
        return int.from_bytes(digest.digest(), "big")

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never serialised")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """A credential together with what it takes to use it."""

    credential: Credential
    """What may be shown of it."""
    secret: Secret
    companions: Mapping[str, Secret] = field(default_factory=dict)
    """What belongs to it (key id, host, user ...), by the companion's name in the provider file."""
