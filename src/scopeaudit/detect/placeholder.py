"""Values that stand where a secret would, and why each is none.

A refusal hides a value, so each needs a reason that a random secret does not meet by chance:
a documented example, a reference to a value kept elsewhere, words that say so, or no randomness at all.
"""

import base64
import binascii
import hashlib
import hmac
import math
import re
from collections import Counter
from enum import StrEnum
from itertools import pairwise


class Refusal(StrEnum):
    """Why a value is no secret."""

    REFERENCE = "refers to a value kept elsewhere"
    WORDS = "says that it is a placeholder"
    REPEATED = "repeats itself"
    SEQUENTIAL = "counts up"
    DOCUMENTED = "is an example in the provider's documentation"
    GENERIC = "is the generic password of an example"
    EMPTY = "is empty"


_DOCUMENTED = {
    # https://docs.stripe.com/get-started/api-request
    "826e0fd9a88ef5e1",
    # https://docs.stripe.com/api/authentication
    "2e12236193731ba6",
    # https://jwt.io/introduction: the token of the debugger
    "bc2b96d967bbb746",
    # https://learn.microsoft.com/azure/storage/common/storage-use-azurite: the key of the emulator
    "20e88191d76dc156",
    # https://github.com/firebase/firebase-android-sdk: keys of its own tests
    "a667918ad80f14e8",
    "1eb23f4ff31fee4a",
    "4278860ad7c8919f",
    "7fa6fe73624d5bcb",
    "e8e6b794c8c91613",
    "81b4f6c06b09cbed",
    "1dbab3955ee24509",
    "71733bf44ea4212a",
    "6ada812c0c203722",
    "04720f8c5b48eb54",
    "e4576406f972acf1",
    "2331a06e46b6014b",
    "afd2f205ef556be9",
    "5a2e3466d7aa6d95",
    "b0d0f6e9ac73ad77",
}
_REFERENCE = re.compile(
    r"\$\{.*|\$\(.*|\$[A-Z_][A-Z0-9_]*|\$[a-z_]*(?:pass|pwd|secret|token|key)[a-z_]*"
    r"|\{\{.*|\{[A-Za-z_][\w.\[\]()\"':!-]*\}|\{\}|<[^<>]*>|%[sd]|%\(.*|%\{.*|%[A-Za-z_]\w*%"
    r"|#\{.*|@\{.*|op://.*|vault:.*|keyring:.*|ref\+.*|arn:aws:(?:secretsmanager|ssm):.*"
    r"|@Microsoft\.KeyVault.*|!(?:Ref|Sub|GetAtt)\b.*|\[[A-Za-z_ -]*\]|`.*|__[A-Z_]+__|@@?[A-Z_]+@@?",
    re.DOTALL,
)
_BARE_REFERENCE = re.compile(r"\$[a-z_]{1,24}")
"""A variable of a shell, of jq or of PHP, where no quotes make it text."""
_CODE_REFERENCE = re.compile(
    r"(?:process\.env|import\.meta\.env|os\.environ|os\.getenv|System\.getenv|Deno\.env|ENV|env|secrets"
    r"|vars?|local|data|module|config|settings|self|this|args|options|params|kwargs)[.\[(].*"
    r"|[A-Za-z_][\w.]*\(.*"
)
_CODE_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)*")
_CODE_ENDING = re.compile(
    r".*\.(?:py|[mc]?js|[jt]sx?|go|rb|java|kt|scala|rs|php|cs|c|h|cc|cpp|swift|tf|hcl|lua|exs?|dart|groovy)",
    re.IGNORECASE | re.DOTALL,
)
_WORDS_IN_TOKENS = re.compile(
    r"example|placeholder|change[_-]?me|replace[_-]?me|redacted|insert[_-]?your"
    r"|your[_-]?(?:token|key|secret|api|access)|x{6,}|\*{3,}|\.{3,}|…",
    re.IGNORECASE,
)
_WORDS_AS_PASSWORDS = re.compile(
    r"(?:change|replace)[_-]?(?:me|this|it)!?|placeholder|redacted|example|dummy|todo|tbd"
    r"|(?:your|my|the|some|insert|enter)[_-]?(?:your[_-]?)?(?:db|database|user|secret|secure|strong|own|postgres)?"
    r"[_-]?(?:password|passwd|pass|pwd|secret|token|key)(?:[_-]?here)?|password[_-]?here"
    r"|(?:your|insert|enter)(?:[_ -][a-z]{2,16}){0,3}"
    r"[_ -](?:password|passwd|passphrase|pass|pwd|secret|token|key|here)"
    r"|x{3,}|\*+|\.{3,}|…|•+|-+|_+|null|none|nil|undefined|true|false",
    re.IGNORECASE,
)
_GENERIC_PASSWORDS = re.compile(r"password|passwd|pass|pwd|secret|pw|p4ssw0rd|user_password", re.IGNORECASE)
_GENERIC_USERS = re.compile(
    r"(?:(?:my|your|the)[_-]?)?(?:user|username|usr|user_name|login)|me|db_?user", re.IGNORECASE
)
_GENERIC_HOSTS = re.compile(
    r"(?:host|hostname|server|your[_-]?host|db[_-]?host|(?:[\w-]+\.)*example\.(?:com|org|net))(?::.*)?",
    re.IGNORECASE,
)
_DEMONSTRATIONS = frozenset({("scott", "tiger"), ("foo", "bar"), ("alice", "secret"), ("user", "password1")})
"""Logins that documentation of databases shows."""
_RUNS = ("0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "9876543210", "zyxwvutsrqponmlkjihgfedcba")
_RUN_LENGTH = 10
_RUN_PARTS = frozenset(
    run[start : start + _RUN_LENGTH] for run in _RUNS for start in range(len(run) - _RUN_LENGTH + 1)
)
_HEX_BYTES = re.compile(r"(?:[0-9a-f]{2})+")
_PERIOD = re.compile(r"([0-9A-Za-z]{2,4})\1{4,}")
_METHODS = {32: "sha256", 48: "sha384", 64: "sha512"}
_TAUGHT = (
    # https://jwt.io
    b"your-256-bit-secret",
    b"your-384-bit-secret",
    b"your-512-bit-secret",
    b"a-string-secret-at-least-256-bits-long",
    b"a-valid-string-secret-that-is-at-least-384-bits-long",
    b"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
)
_SAME_LENGTH = 10
_SAME = re.compile(rf"([0-9A-Za-z])\1{{{_SAME_LENGTH - 1},}}")
_REST_LENGTH = 32
"""A run at the beginning belongs to some formats; this much of the rest has to be random."""
_NO_LETTER = re.compile(r"[^a-z]")
_NO_DIGIT = re.compile(r"[^0-9]")
_FEW = 4


def refusal_of_token(text: str, *, repeats: bool = False) -> Refusal | None:
    """Why a token of some random format is none; `None` where nothing says so.

    `repeats` says that a part of the format is one character many times.
    """
    if _digest(text) in _DOCUMENTED:
        return Refusal.DOCUMENTED
    if text.startswith("eyJ") and _is_signed_by_documentation(text):
        return Refusal.DOCUMENTED
    if _WORDS_IN_TOKENS.search(text):
        return Refusal.WORDS
    if not repeats and _PERIOD.search(text):
        return Refusal.REPEATED
    plain = re.sub(r"[^0-9A-Za-z]", "", text)
    tail = plain[-24:].lower()
    if len(tail) >= 16 and len(set(tail)) <= _FEW:
        return Refusal.REPEATED
    begun = plain.lstrip(plain[:1])
    if not repeats and _SAME.search(begun if len(begun) >= _REST_LENGTH else plain):
        return Refusal.REPEATED
    lower = plain.lower()
    alternating = (_NO_LETTER.sub("", lower), _NO_DIGIT.sub("", lower))
    return Refusal.SEQUENTIAL if _counts(lower) or any(map(_counts_up, alternating)) else None


def _is_signed_by_documentation(token: str) -> bool:
    """Whether a signed token's secret is one that tutorials use: anyone can make such a token."""
    signed, _, signature = token.rpartition(".")
    try:
        wanted = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (binascii.Error, ValueError):
        return False
    method = _METHODS.get(len(wanted))
    return method is not None and any(
        hmac.compare_digest(hmac.digest(secret, signed.encode(), method), wanted) for secret in _TAUGHT
    )


def refusal_of_password(text: str, path: str, *, quoted: bool) -> Refusal | None:
    """Why text in the place of a password is none; `None` where nothing says so."""
    if not text:
        return Refusal.EMPTY
    if _REFERENCE.fullmatch(text):
        return Refusal.REFERENCE
    if not quoted:
        if _BARE_REFERENCE.fullmatch(text) or _CODE_REFERENCE.fullmatch(text):
            return Refusal.REFERENCE
        if _CODE_ENDING.fullmatch(path) and _CODE_NAME.fullmatch(text):
            return Refusal.REFERENCE
    return Refusal.WORDS if _WORDS_AS_PASSWORDS.fullmatch(text) else None


def refusal_of_generic(password: str, user: str, host: str) -> Refusal | None:
    """Why a login is the one of an example: a word for a password beside a word for a user or a host."""
    if (user.lower(), password.lower()) in _DEMONSTRATIONS:
        return Refusal.GENERIC
    if not _GENERIC_PASSWORDS.fullmatch(password):
        return None
    if _GENERIC_USERS.fullmatch(user) or _GENERIC_HOSTS.fullmatch(host):
        return Refusal.GENERIC
    return None


def login_in(text: str) -> tuple[str, str] | None:
    """User and password where text is `user:password` in base64."""
    try:
        decoded = base64.b64decode(text, validate=True).decode("ascii")
    except ValueError:
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and user and password and decoded.isprintable() else None


def entropy(text: str) -> float:
    """Shannon entropy in bits a character; 0 for nothing."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values())


def _counts(text: str) -> bool:
    if any(run in text for run in _RUN_PARTS):
        return True
    return len(text) >= 2 * _RUN_LENGTH and _HEX_BYTES.fullmatch(text) is not None and _steps_alike(text)


def _counts_up(text: str) -> bool:
    """Whether letters or digits alone count, as in `A1B2C3`."""
    return len(text) >= _RUN_LENGTH and any(run in text for run in _RUN_PARTS)


def _steps_alike(text: str) -> bool:
    """Whether most bytes written in hexadecimal are as far from the one before as it is from its own."""
    values = bytes.fromhex(text)
    steps = [(one - other) & 255 for one, other in pairwise(values)]
    return 4 * sum(one == other for one, other in pairwise(steps)) > len(values)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
