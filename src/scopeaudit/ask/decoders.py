"""What a token says of itself, read without sending anything and without trusting it further."""

from scopeaudit.catalogue.claims import decode_text
from scopeaudit.catalogue.provider import Decoder
from scopeaudit.model.secret import Secret


def decode_token(decoder: Decoder, secret: Secret) -> dict[str, object] | None:
    """The token's claims, or `None` if it is not what it looked like."""
    return decode_text(decoder, secret.reveal())
