"""Templates for tokens, expanded when tests run, so that nothing in the repository looks live.

`ghp_<alnum:36>` becomes `ghp_` and 36 letters and digits. The alphabets are below; `<uuid>` is a
version 4 UUID. `<jwt:{"iss": "..."}>` is a token with these claims and a random signature; other
fields may stand in the claims. Expansion depends on the template and the seed alone.
"""

import base64
import binascii
import random
import re
import string
import uuid

_ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "letters": string.ascii_lowercase,
    "digits": string.digits,
    "hex": "0123456789abcdef",
    "base32": string.ascii_uppercase + "234567",
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
}
_FIELD = re.compile(r"<(uuid|crc32|[a-z0-9]+:\d+)>")
_TOKEN = re.compile(r"<jwt:(\{[^<>]*\})>")
_HEADER = '{"alg":"HS256","typ":"JWT"}'
_SIGNATURE_CHARACTERS = 43
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def github_checksum(body: str) -> str:
    """The six characters that end a classic GitHub token: CRC-32 of the body in base 62.

    Source: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    number = binascii.crc32(body.encode())
    digits = ""
    while number:
        number, remainder = divmod(number, 62)
        digits = _BASE62[remainder] + digits
    return digits.rjust(6, "0")


def expand(template: str, *, seed: int = 0) -> str:
    """The template with every field filled in; `<crc32>` is GitHub's checksum of the field before it."""
    chooser = random.Random(f"{seed}:{template}")  # noqa: S311 - made-up test values
    last = ""

    def fill(match: re.Match[str]) -> str:
        nonlocal last
        field = match.group(1)
        if field == "uuid":
            last = str(uuid.UUID(int=chooser.getrandbits(128), version=4))
        elif field == "crc32":
            last = github_checksum(last)
        else:
            alphabet, _, count = field.partition(":")
            last = "".join(chooser.choices(_ALPHABETS[alphabet], k=int(count)))
        return last

    def sign(match: re.Match[str]) -> str:
        parts = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in (_HEADER, match[1])]
        signature = "".join(chooser.choices(_ALPHABETS["base64url"], k=_SIGNATURE_CHARACTERS))
        return ".".join([*parts, signature])

    return _TOKEN.sub(sign, _FIELD.sub(fill, template))
