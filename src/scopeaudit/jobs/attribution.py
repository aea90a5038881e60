"""Which credential a use belongs to, where the folder can tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.use import Use, UseKind


@dataclass(frozen=True, slots=True)
class Attribution:
    """Uses by credential."""

    by_credential: dict[str, tuple[Use, ...]]
    """Credential id to its uses, in order of place; a credential without any is missing."""
    loose: dict[str, tuple[Use, ...]]
    """Provider to the uses that may be of any of several of its credentials."""


def attribute(
    credentials: Sequence[Credential],
    uses: Iterable[Use],
    together: Mapping[str, str] = MappingProxyType({}),
) -> Attribution:
    """Give every use to the credential it is of, and keep apart what may be of several.

    Credentials that `together` gives the same name count as one, the first of them.

    A use is of the only credential of its provider, else of the only one in its own file, else of the only
    one in the nearest folder that holds it. The `permissions:` of a workflow are of the token the workflow
    is given, which lies nowhere.
    """
    by_provider: dict[str, list[Credential]] = {}
    for credential in credentials:
        by_provider.setdefault(credential.provider, []).append(credential)
    found: dict[str, list[Use]] = {}
    loose: dict[str, list[Use]] = {}
    for use in sorted(set(uses), key=_order):
        rivals = by_provider.get(use.provider, [])
        if not rivals or use.by is UseKind.WORKFLOW:
            continue
        nearest = _nearest(rivals, use.location.path)
        if len({together.get(each.id, each.id) for each in nearest}) == 1:
            found.setdefault(nearest[0].id, []).append(use)
        else:
            loose.setdefault(use.provider, []).append(use)
    return Attribution(
        {each: tuple(listed) for each, listed in found.items()},
        {each: tuple(listed) for each, listed in loose.items()},
    )


def _order(use: Use) -> tuple[str, int, int, str, str]:
    return (use.location.path, use.location.line or 0, use.location.column or 0, use.by, use.shown)


def _nearest(rivals: list[Credential], path: str) -> list[Credential]:
    if len(rivals) == 1:
        return rivals
    near = [(max(_nearness(each, path) for each in rival.locations), rival) for rival in rivals]
    best = max(nearness for nearness, _ in near)
    return [rival for nearness, rival in near if nearness == best]


def _nearness(location: Location, path: str) -> int:
    """How many folders the place shares with the path if it lies in a folder around it; most in the file."""
    if location.source not in (Source.TREE, Source.STAGED):
        return 0 if location.source is Source.ENVIRONMENT else -1
    if location.path == path:
        return len(path) + 1
    folder = location.path.rpartition("/")[0]
    if not folder:
        return 0
    return folder.count("/") + 1 if path.startswith(f"{folder}/") else -1
