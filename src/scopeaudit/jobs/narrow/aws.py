"""An IAM policy with the actions of a job on the resources of the job."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scopeaudit.catalogue.aws_globs import arn_overlaps
from scopeaudit.catalogue.aws_resources import ResourceFormat, formats_of
from scopeaudit.catalogue.globs import bounds
from scopeaudit.jobs.narrow.aws_actions import shortened
from scopeaudit.jobs.narrow.aws_beside import needed_beside
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.resources import is_named
from scopeaudit.jobs.narrow.words import beyond_told, counted, listed, missing_told
from scopeaudit.model.operation import Effect

MOST_CHARACTERS = 6_144
"""Of a managed policy, white space not counted.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
_HALF = MOST_CHARACTERS // 2 - 300
"""Of them for actions or for resources: two statements of that size and what holds them fit into it."""
MOST_POLICIES = 10
"""Managed policies that a role takes, unless its quota is raised. Source: as above."""
_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_create-console.html"
_REGION = "aws:RequestedRegion"
"""Stands in every request to a service of regions.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""
_ARN = re.compile(r"arn:[a-z0-9-]{1,20}:[a-z0-9*-]{1,64}:[a-z0-9*-]{0,32}:[0-9*]{0,12}:[!-~]{1,1500}")
_ALWAYS = ("sts:GetCallerIdentity", "sts:GetSessionToken")
"""Every user's key may call these, and no policy can forbid the first.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""
_BELOW = ("/*", ":*")
_NO_TYPE = "none of the job's resources is of a type that they act on"
_NO_ARN = "no ARN is known of the job's resources"
Statement = dict[str, object]


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """What actions are allowed on."""

    resources: tuple[str, ...]
    regions: tuple[str, ...] = ()
    """Those that requests may go to; any where empty."""


def aws_policy(need: Need) -> Narrower:
    """One policy, or as many as the size of a managed policy asks for."""
    actions = need.needed & need.catalogue.ids
    arns, unplaced = _arns(need)
    is_bound = bool(arns) or bounds(need.resources)
    placed, misplaced = _placed(actions, arns, is_bound=is_bound)
    policies, is_shortened = _policies(placed, need)
    missing = (need.needed - actions) | misplaced
    beyond = {each for each in _ALWAYS if each in need.catalogue.ids} - need.needed
    return Narrower(
        title=f"an IAM policy for job {need.slug}, on a role of its own",
        form=Form.JSON,
        text=json.dumps(policies[0] if len(policies) == 1 else policies, indent=2) if placed else "",
        url="https://console.aws.amazon.com/iam/",
        steps=_steps(need, len(policies)),
        remains=(
            *_wide(placed, arns, need),
            *(f"resource {each} of the job is no ARN and no known name: it is left out" for each in unplaced),
            *missing_told(need.needed - actions, "they are no IAM actions"),
            *missing_told(misplaced, _NO_TYPE if arns else _NO_ARN),
            *beyond_told(
                beyond, need.catalogue, "every key of a user may do this, whatever its policies say"
            ),
            *_of_wildcards(is_shortened),
            *_of_number(len(policies)),
            *_of_policies(placed, need),
            *needed_beside(each for allowed in placed.values() for each in allowed),
        ),
        source=_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _arns(need: Need) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ARNs of the job's resources, and its entries that give none."""
    found: list[str] = []
    unplaced = []
    for entry in need.resources:
        named = [each.id.partition("/")[2] for each in need.authority.resources if is_named(each, (entry,))]
        own = _arn(entry)
        placed = [own] if own is not None else [each for each in named if _ARN.fullmatch(each)]
        found += placed
        if not placed and bounds((entry,)):
            unplaced.append(entry)
    return tuple(dict.fromkeys(found)), tuple(unplaced)


def _arn(entry: str) -> str | None:
    """The ARN that an entry of the job is, in any of the ways it may be written."""
    text = entry if entry.startswith("arn:") else entry.partition("/")[2]
    if entry.startswith("s3://"):
        text = f"arn:aws:s3:::{entry.removeprefix('s3://')}"
    is_pattern = "[" in text or "${" in text
    return text if _ARN.fullmatch(text) and not is_pattern else None


def _placed(
    actions: Iterable[str], arns: Sequence[str], *, is_bound: bool
) -> tuple[dict[_Place, list[str]], frozenset[str]]:
    """Actions by what they are allowed on, and those that act on nothing the job names.

    Where the job `is_bound` to resources, an action that could be on these is never allowed on all.
    """
    placed: dict[_Place, list[str]] = defaultdict(list)
    misplaced = set()
    for action in sorted(actions):
        formats = formats_of(action)
        if not formats or not is_bound:
            placed[_Place(("*",), _regions(action, arns))].append(action)
        elif fitting := _fitting(arns, formats):
            placed[_Place(fitting)].append(action)
        else:
            misplaced.add(action)
    return dict(placed), frozenset(misplaced)


def _regions(action: str, arns: Iterable[str]) -> tuple[str, ...]:
    """Where the job's resources of the action's service are, if each of their ARNs says so."""
    service = action.partition(":")[0]
    found = {each.split(":")[3] for each in arns if each.split(":")[2] == service}
    return tuple(sorted(found)) if all(each and "*" not in each for each in found) else ()


def _fitting(arns: Iterable[str], formats: Sequence[ResourceFormat]) -> tuple[str, ...]:
    """The ARNs, and what lives below them, that an action of these formats can act on.

    A type that the action always acts on too, and of which the job names nothing, comes in whole.
    """
    found: set[str] = set()
    seen: set[str] = set()
    for arn in arns:
        for each in formats:
            if (fits := _below(arn, each.pattern)) is not None:
                found.add(fits)
                seen.add(each.pattern)
    if found:
        found |= {_open(each.pattern) for each in formats if each.is_required and each.pattern not in seen}
    return tuple(sorted(found))


def _below(arn: str, pattern: str) -> str | None:
    for candidate in (arn, *(f"{arn}{each}" for each in _BELOW if not arn.endswith("*"))):
        if arn_overlaps(candidate, pattern):
            return candidate
    return None


def _open(pattern: str) -> str:
    """The format as a pattern of policies."""
    return re.sub(r"[\x00\x01]", "*", pattern)


def _policies(placed: Mapping[_Place, list[str]], need: Need) -> tuple[list[Statement], bool]:
    """The policies, each within the size; and whether actions were shortened by wildcards for that."""
    whole = [_statement(actions, place) for place, actions in sorted(placed.items())]
    if _size(_policy(whole)) <= MOST_CHARACTERS:
        return [_policy(whole)], False
    is_crowded = sum(len(each) + 3 for actions in placed.values() for each in actions) > _HALF
    short = {
        place: shortened(actions, need.catalogue.ids) if is_crowded else actions
        for place, actions in placed.items()
    }
    policies: list[list[Statement]] = [[]]
    for place, actions in sorted(short.items()):
        for slice_ in _slices(place):
            for part in _parts(actions, slice_):
                statement = _statement(part, slice_)
                if policies[-1] and _size(_policy([*policies[-1], statement])) > MOST_CHARACTERS:
                    policies.append([])
                policies[-1].append(statement)
    return [_policy(each) for each in policies], any(
        len(short[place]) < len(actions) for place, actions in placed.items()
    )


def _slices(place: _Place) -> Iterator[_Place]:
    """The place with as many of its resources at a time as leave half of a policy to actions."""
    chosen: list[str] = []
    size = 0
    for each in place.resources:
        if chosen and size + len(each) + 3 > _HALF:
            yield replace(place, resources=tuple(chosen))
            chosen, size = [], 0
        chosen.append(each)
        size += len(each) + 3
    yield replace(place, resources=tuple(chosen))


def _parts(actions: Sequence[str], place: _Place) -> list[list[str]]:
    """The actions in as few lists as the size allows."""
    parts: list[list[str]] = [[]]
    size = base = _size(_policy([_statement([], place)]))
    for action in actions:
        if parts[-1] and size + len(action) + 3 > MOST_CHARACTERS:
            parts.append([])
            size = base
        parts[-1].append(action)
        size += len(action) + 3
    return parts


def _policy(statements: Sequence[Statement]) -> Statement:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statement(actions: Sequence[str], place: _Place) -> Statement:
    arns, regions = place.resources, place.regions
    statement: Statement = {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(arns) if len(arns) > 1 else arns[0],
    }
    if regions:
        statement["Condition"] = {
            "StringEquals": {_REGION: list(regions) if len(regions) > 1 else regions[0]}
        }
    return statement


def _size(policy: Statement) -> int:
    """As IAM counts it."""
    return len(re.sub(r"\s", "", json.dumps(policy, separators=(",", ":"))))


def _steps(need: Need, policies: int) -> tuple[str, ...]:
    name = need.slug
    many = (
        f"each of the {policies} policies of the list in a file of its own, and each" if policies > 1 else ""
    )
    return (
        f"save it as {name}.json{f'; {many} with the commands below' if many else ''}",
        f"aws iam create-policy --policy-name {name} --policy-document file://{name}.json",
        (
            "attach it, and nothing else, to a role that the job assumes (OpenID Connect in a pipeline); "
            "to a user of its own only where no role can be assumed"
        ),
        "when the job runs with it, delete the old key: aws iam delete-access-key",
    )


def _wide(placed: Mapping[_Place, list[str]], arns: Sequence[str], need: Need) -> tuple[str, ...]:
    told = []
    if need.environments and not arns:
        told.append(_of_environments(need.environments))
    everywhere = [
        (place, each) for place, found in placed.items() if place.resources == ("*",) for each in found
    ]
    bound = [each for _, each in everywhere if formats_of(each)]
    if bound and not arns:
        named = "names every resource" if need.resources else "names no resources"
        told.append(f"{counted(len(bound), 'action')} on every resource of the account: the job {named}")
    for regions in sorted({place.regions for place, _ in everywhere}):
        free = sorted({each for place, each in everywhere if place.regions == regions} - set(bound))
        where = f", and the condition lets requests to {listed(regions)} through alone" if regions else ""
        told += [f"{listed(free)}: AWS takes only * as the resource{where}"] if free else []
    named_by_place = {each for place in placed for each in place.resources}
    opened = sorted(each for each in named_by_place if each != "*" and _is_foreign(each, arns))
    if opened:
        told.append(
            f"{listed(opened)}: an action of the job always acts on these too, and the job names none"
        )
    return tuple(told)


def _is_foreign(arn: str, arns: Iterable[str]) -> bool:
    return not any(arn == each or arn in (f"{each}{below}" for below in _BELOW) for each in arns)


def _of_environments(environments: Sequence[str]) -> str:
    """How a tag could stand for them; which tag it is, and whether every resource has it, is not known."""
    values = json.dumps(environments[0] if len(environments) == 1 else list(environments))
    condition = f'"Condition": {{"StringEquals": {{"aws:ResourceTag/environment": {values}}}}}'
    return (
        "IAM knows no environments: name the job's resources by their ARNs; or, where every resource carries "
        f"such a tag, add to the statements {condition}, which refuses what does not support tags"
    )


def _of_number(policies: int) -> tuple[str, ...]:
    if policies <= MOST_POLICIES:
        return ()
    return (f"a role takes {MOST_POLICIES} policies unless its quota is raised: split the job into several",)


def _of_wildcards(is_shortened: bool) -> tuple[str, ...]:
    if not is_shortened:
        return ()
    return (
        (
            "wildcards stand for exactly the job's actions as AWS lists them today, for the size of a "
            "policy; an action that AWS adds under the same beginning of a name is allowed as well"
        ),
    )


def _of_policies(placed: Mapping[_Place, list[str]], need: Need) -> tuple[str, ...]:
    """That some of the job's own actions can undo the policy."""
    widening = sorted(
        each
        for actions in placed.values()
        for each in actions
        if need.catalogue.operations[each].traits.effect is Effect.PERMISSIONS
    )
    if not widening:
        return ()
    return (f"it may change who may do what, itself included, by {listed(widening)}",)
