"""What tells one finding from another across runs."""

import hashlib

_DIGITS = 32


def fingerprint(*parts: str) -> str:
    """Hex over what identifies a finding: rule, provider, kind, path, name and ordinal, never the secret."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:_DIGITS]
