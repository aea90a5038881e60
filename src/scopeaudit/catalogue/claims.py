"""What a token says of itself, read from its text alone and without trusting it further.

Nothing is verified and nothing is sent. Whatever the text is, reading it ends and raises nothing.
"""

import base64

import msgspec

from scopeaudit.catalogue.expressions import is_true
from scopeaudit.catalogue.provider import Decoder, Kind

MAXIMUM_CHARACTERS = 65_536

_VERSION = 2
_END, _LOCATION, _IDENTIFIER, _VERIFICATION_ID, _SIGNATURE = 0, 1, 2, 4, 6
_SIGNATURE_BYTES = 32

_Section = dict[int, bytes]


class _NotAMacaroonError(ValueError):
    """The bytes end too early or are out of order."""


def decode_text(decoder: Decoder, text: str) -> dict[str, object] | None:
    """What the token says, or `None` if it is not what it looked like."""
    if len(text) > MAXIMUM_CHARACTERS:
        return None
    match decoder:
        case Decoder.JWT:
            return decode_jwt(text)
        case Decoder.MACAROON:
            return decode_macaroon(text)


def claims_fit(kind: Kind, text: str) -> bool:
    """Whether a value says of itself what the kind asks for; true where the kind asks for nothing."""
    if kind.claims is None:
        return True
    said = decode_text(kind.claims.decode, text)
    return said is not None and is_true(kind.claims.when, said)


def decode_jwt(text: str) -> dict[str, object] | None:
    """`{header, claims}` of a signed token. Source: https://www.rfc-editor.org/rfc/rfc7519."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (msgspec.json.decode(_base64url(part)) for part in parts[:2])
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return {"header": header, "claims": claims}


def decode_macaroon(text: str) -> dict[str, object] | None:
    """`{location, identifier, caveats}` of a version 2 macaroon behind a `<prefix>-`.

    A caveat is `{tag, fields}` where it is a JSON array that begins with a number, `{tag: null, legacy}`
    where it is other JSON, and `{tag: null, text}` where it is none.

    Source: https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt
    """
    try:
        data = memoryview(_base64url(text.partition("-")[2]))
        if not data or data[0] != _VERSION:
            return None
        head, at = _section(data, 1)
        caveats = []
        while True:
            section, at = _section(data, at)
            if not section:
                break
            caveats.append(_caveat(section[_IDENTIFIER].decode("utf-8", "replace")))
        kind, signature, at = _packet(data, at)
    except (ValueError, KeyError):
        return None
    if kind != _SIGNATURE or len(signature) != _SIGNATURE_BYTES or at != len(data) or _IDENTIFIER not in head:
        return None
    return {
        "location": head.get(_LOCATION, b"").decode("utf-8", "replace"),
        "identifier": head[_IDENTIFIER].decode("utf-8", "replace"),
        "caveats": caveats,
    }


def _base64url(text: str) -> bytes:
    """Strictly: no other alphabet, and nothing that decoders would skip."""
    if not text.isascii() or "+" in text or "/" in text:
        raise ValueError
    standard = text.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _section(data: memoryview, at: int) -> tuple[_Section, int]:
    """Fields by number until the end mark, and where the next section begins."""
    fields: _Section = {}
    while True:
        kind, value, at = _packet(data, at)
        if kind == _END:
            return fields, at
        if kind not in (_LOCATION, _IDENTIFIER, _VERIFICATION_ID) or any(kind <= each for each in fields):
            raise _NotAMacaroonError
        fields[kind] = value


def _packet(data: memoryview, at: int) -> tuple[int, bytes, int]:
    kind, at = _number(data, at)
    if kind == _END:
        return kind, b"", at
    length, at = _number(data, at)
    if at + length > len(data):
        raise _NotAMacaroonError
    return kind, bytes(data[at : at + length]), at + length


def _number(data: memoryview, at: int) -> tuple[int, int]:
    """A number in seven bits a byte, the lowest first."""
    number = shift = 0
    while at < len(data) and shift < 63:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise _NotAMacaroonError


def _caveat(text: str) -> dict[str, object]:
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return {"tag": None, "text": text}
    if isinstance(value, list) and value and isinstance(value[0], int) and not isinstance(value[0], bool):
        return {"tag": value[0], "fields": value[1:]}
    return {"tag": None, "legacy": value}
