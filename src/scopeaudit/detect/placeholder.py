"""Values that stand where a secret would, and why each is none.

A refusal hides a value, so each needs a reason that a random secret does not meet by chance:
a documented example, a reference to a value kept elsewhere, words that say so, or no randomness at all.
"""

import hashlib
import math
import re
from collections import Counter
from enum import StrEnum


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
}
_REFERENCE = re.compile(
    r"\$\{.*|\$\(.*|\$[A-Z_][A-Z0-9_]*|\$[a-z_]*(?:pass|pwd|secret|token|key)[a-z_]*"
    r"|\{\{.*|\{[A-Za-z_][\w.\[\]()\"':!-]*\}|\{\}|<[^<>]*>|%[sd]|%\(.*|%\{.*|%[A-Za-z_]\w*%"
    r"|#\{.*|@\{.*|op://.*|vault:.*|keyring:.*|ref\+.*|arn:aws:(?:secretsmanager|ssm):.*"
    r"|@Microsoft\.KeyVault.*|!(?:Ref|Sub|GetAtt)\b.*|\[[A-Za-z_ -]*\]|`.*|__[A-Z_]+__|@@?[A-Z_]+@@?",
    re.DOTALL,
)
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
    r"|x{3,}|\*+|\.{3,}|…|•+|-+|_+|null|none|nil|undefined|true|false",
    re.IGNORECASE,
)
_GENERIC_PASSWORDS = re.compile(r"password|passwd|pass|pwd|secret|pw|p4ssw0rd|user_password", re.IGNORECASE)
_GENERIC_USERS = re.compile(r"user|username|usr|user_name|login|me|myuser|db_?user|your_?user", re.IGNORECASE)
_GENERIC_HOSTS = re.compile(
    r"(?:host|hostname|server|your[_-]?host|db[_-]?host|(?:[\w-]+\.)*example\.(?:com|org|net))(?::.*)?",
    re.IGNORECASE,
)
_RUNS = ("0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "9876543210", "zyxwvutsrqponmlkjihgfedcba")
_RUN_LENGTH = 10
_SAME_LENGTH = 10
_FEW = 4


def refusal_of_token(text: str) -> Refusal | None:
    """Why a token of some random format is none; `None` where nothing says so."""
    if _digest(text) in _DOCUMENTED:
        return Refusal.DOCUMENTED
    if _WORDS_IN_TOKENS.search(text):
        return Refusal.WORDS
    plain = re.sub(r"[^0-9A-Za-z]", "", text)
    tail = plain[-24:].lower()
    if len(tail) >= 16 and len(set(tail)) <= _FEW:
        return Refusal.REPEATED
    if re.search(rf"([0-9A-Za-z])\1{{{_SAME_LENGTH - 1},}}", plain):
        return Refusal.REPEATED
    return Refusal.SEQUENTIAL if _counts(plain.lower()) else None


def refusal_of_password(text: str, path: str, *, quoted: bool) -> Refusal | None:
    """Why text in the place of a password is none; `None` where nothing says so."""
    if not text:
        return Refusal.EMPTY
    if _REFERENCE.fullmatch(text):
        return Refusal.REFERENCE
    if not quoted:
        if _CODE_REFERENCE.fullmatch(text):
            return Refusal.REFERENCE
        if _CODE_ENDING.fullmatch(path) and _CODE_NAME.fullmatch(text):
            return Refusal.REFERENCE
    return Refusal.WORDS if _WORDS_AS_PASSWORDS.fullmatch(text) else None


def refusal_of_generic(password: str, user: str, host: str) -> Refusal | None:
    """Why a login is the one of an example: a word for a password beside a word for a user or a host."""
    if not _GENERIC_PASSWORDS.fullmatch(password):
        return None
    if _GENERIC_USERS.fullmatch(user) or _GENERIC_HOSTS.fullmatch(host):
        return Refusal.GENERIC
    return None


def entropy(text: str) -> float:
    """Shannon entropy in bits a character; 0 for nothing."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values())


def _counts(text: str) -> bool:
    return any(
        run[start : start + _RUN_LENGTH] in text
        for run in _RUNS
        for start in range(len(run) - _RUN_LENGTH + 1)
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
