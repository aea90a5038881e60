"""One credential whose provider the user names."""

import re

from scopeaudit.catalogue.provider import Kind, Provider
from scopeaudit.detect.detection import Detection
from scopeaudit.detect.sighting import shown
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret


def single_credential(text: str, provider: Provider, kind_id: str | None) -> Detection | None:
    """The text as a credential of the provider; `None` if it has the form of none of its kinds.

    Kinds that need companions cannot be told from one value: their names must stand beside it.
    """
    for kind in provider.kinds:
        if kind.pattern is None or (kind_id is not None and kind.id != kind_id):
            continue
        if any(companion.secret or companion.required for companion in kind.companions):
            continue
        match = re.fullmatch(kind.pattern, text)
        if match is not None:
            return Detection(credentials=(_held(match, provider, kind),))
    return None


def _held(match: re.Match[str], provider: Provider, kind: Kind) -> HeldCredential:
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    secret = groups.pop("secret", match.group())
    visible = {companion.name for companion in kind.companions if companion.show}
    credential = Credential(
        id="c1",
        provider=provider.id,
        kind=kind.id,
        shown=shown(secret, kind.random_bits),
        locations=(Location(Source.INPUT, "-", 1, 1),),
        companions=tuple(sorted(groups)),
        context=tuple(sorted((name, value) for name, value in groups.items() if name in visible)),
    )
    return HeldCredential(credential, Secret(secret), {name: Secret(each) for name, each in groups.items()})
