"""AWS: names of services and calls in any SDK and on the command line, to actions.

Most actions are named like the call: `s3.put_object`, `PutObjectCommand` and `aws s3api put-object` are
`s3:PutObject`. The others are in `rules/uses/aws.yaml`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scopeaudit.catalogue.use_rules import UseRules
from scopeaudit.jobs.use.source.calls import Calls, Step, squash

_FILE_SERVICES = re.compile(
    r"@aws-sdk/(?:client|lib)-([a-z0-9-]+)|aws-sdk-go(?:-v2)?/(?:service|feature)/([a-z0-9]+)|aws-sdk/clients/([a-z0-9]+)"
    r"|software\.amazon\.awssdk\.(?:services|transfer|enhanced)\.([a-z0-9]+)|com\.amazonaws\.services\.([a-z0-9]+)"
    r"|aws_sdk_([a-z0-9]+)|\bAmazon\.([A-Z]\w+)|\bAws\\+([A-Z]\w+)|\bAws::([A-Z]\w+)|(?<!CDK\.)\bAWS\.([A-Z]\w+)|aws-sdk-([a-z0-9]+)\b"
    r"|(?:client|resource)\(\s*(?:service_name\s*=\s*)?[\"']([a-z0-9-]+)[\"']|aws\.sdk\.kotlin\.services\.([a-z0-9]+)"
    r"|\bExAws\.([A-Z]\w+)|aiobotocore|types_boto3_([a-z0-9_]+)|mypy_boto3_([a-z0-9_]+)"
)
_CLASS = re.compile(
    r"^I?(?:Amazon|AWS|Aws)?(.+?)(?:Async)?(?:Client|API|Api|Iface|ClientBuilder|ServiceClient)?(?:Interface)?$"
)
_ENDINGS = (
    "WithResponse",
    "WithContext",
    "Pages",
    "PagesWithContext",
    "Paginator",
    "AsyncEnumerable",
    "Async",
)
_BEGINNINGS = ("paginate", "waitUntil", "waitFor", "wait_until_")
"""Of helpers in JavaScript: `paginateListObjectsV2(...)`."""
_SHAPES = ("Command", "Input", "Request", "CommandInput", "Waiter")
_TAKES_CALL = frozenset(
    {
        "get_paginator",
        "generate_presigned_url",
        "presigned_url",
        "create_presigned_request",
        "get_waiter",
        "wait_until",
    }
)


@dataclass(frozen=True, slots=True)
class AwsCall:
    """A call that was recognised."""

    operations: frozenset[str]
    shown: str
    offset: int


class AwsNames:
    """Services and calls by any of their names."""

    def __init__(self, rules: UseRules, actions: Iterable[str]) -> None:
        self._actions: dict[str, dict[str, str]] = defaultdict(dict)
        for action in actions:
            service, _, name = action.partition(":")
            self._actions[service][name.lower()] = action
        self._services = {squash(service): service for service in self._actions}
        self._services |= {squash(name): service for name, service in rules.services.items()}
        self._calls = {
            (service, squash(call)): frozenset(operations)
            for name, operations in rules.calls.items()
            for service, _, call in [name.partition(".")]
        }

    def service(self, name: str) -> str | None:
        """The prefix of a service's actions, whatever an SDK calls the service."""
        plain = squash(name)
        if plain in self._services:
            return self._services[plain]
        found = _CLASS.match(name)
        return self._services.get(squash(found.group(1))) if found and found.group(1) else None

    def operations(self, service: str, call: str) -> frozenset[str]:
        """The actions of a call, empty if it is none of the service's."""
        plain = squash(call)
        special = self._calls.get((service, plain))
        if special is not None:
            return special
        if service == "apigateway":
            return _of_gateway(plain)
        action = self._actions.get(service, {}).get(plain)
        return frozenset({action}) if action is not None else frozenset()


_GATEWAY = re.compile(
    r"(get|create|import|delete|update|put|test)(?:account|api|apikeys?|apimapping|authorizers?|basepathmappings?|clientcertificates?|"
    r"deployments?|documentation(?:parts?|versions?)|domainnames?|export|gatewayresponses?|integration(?:response)?s?|invokemethod|"
    r"method(?:response)?|models?|requestvalidators?|resources?|restapis?|routes?|sdk|stages?|tags|usage(?:plans?|plankeys?)?|vpclinks?)"
)
_GATEWAY_METHODS = {
    "get": "GET",
    "create": "POST",
    "import": "POST",
    "delete": "DELETE",
    "update": "PATCH",
    "put": "PUT",
    "test": "POST",
}


def _of_gateway(call: str) -> frozenset[str]:
    """API Gateway's actions are methods on paths, not calls.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
    """
    found = _GATEWAY.fullmatch(call)
    return frozenset({f"apigateway:{_GATEWAY_METHODS[found.group(1)]}"} if found else ())


def names_services(text: str) -> bool:
    """Whether a file names a library of AWS at all; looked at before the actions are loaded."""
    return _FILE_SERVICES.search(text) is not None


def file_services(text: str, names: AwsNames) -> frozenset[str]:
    """The services whose libraries a file names."""
    found = set()
    for match in _FILE_SERVICES.finditer(text):
        written = next((group for group in match.groups() if group), None)
        service = names.service(written) if written else None
        if service is not None:
            found.add(service)
    return frozenset(found)


def aws_calls(calls: Calls, text: str, names: AwsNames, defined: Callable[[str], bool]) -> Iterator[AwsCall]:
    """The calls of AWS in a file; `defined` tells what functions the folder has of its own."""
    services = file_services(text, names)
    if not services:
        return
    for chain in calls.chains:
        if not any(step.called for step in chain.steps):
            continue
        for steps, written in calls.readings(chain):
            found = _found(steps, services, names, written, defined)
            if found is not None:
                yield found
                break


def _found(
    steps: tuple[Step, ...],
    services: frozenset[str],
    names: AwsNames,
    written: int,
    defined: Callable[[str], bool],
) -> AwsCall | None:
    """What the steps of a chain that are written at this place do."""
    service: str | None = None
    for position, step in enumerate(steps):
        here = _client(steps, position, names)
        if here is not None:
            service = here
            continue
        if not step.called or position < written:
            continue
        if step.word in _TAKES_CALL and step.first is not None:
            call = step.first
            for each in [service] if service else sorted(services):
                operations = names.operations(each, call)
                if operations:
                    return AwsCall(operations, f"{each} {call}", step.offset)
            continue
        received = position > 0 and not (service is None and defined(step.word))
        found = _call(step, service, services, names, received=received)
        if found is not None:
            return found
    return None


def _client(steps: tuple[Step, ...], position: int, names: AwsNames) -> str | None:
    """The service, if the chain is its client from here on."""
    step = steps[position]
    if step.word in ("client", "resource", "create_client") and step.first is not None:
        return names.service(step.first)
    before = steps[position - 1].name if position else ""
    if before in ("AWS", "Aws", "Amazon", "aws", "awssdk", "ExAws") and step.name[:1].isupper():
        return names.service(step.name)
    if re.search(r"(?:Client|API|Async|Iface)$", step.name) or re.match(
        r"I?Amazon[A-Z]|I?AWS[A-Z]|aws_sdk_", step.name
    ):
        return names.service(step.name.removeprefix("aws_sdk_"))
    following = steps[position + 1].name if position + 1 < len(steps) else ""
    if following in ("Client", "New", "NewFromConfig", "S3API"):
        return names.service(step.name)
    if step.name[:1].isupper() and step.called and position == 0:
        return names.service(step.name)
    return None


def _call(
    step: Step, service: str | None, services: frozenset[str], names: AwsNames, *, received: bool
) -> AwsCall | None:
    for name, shaped in _call_names(step.name):
        certain = shaped or (received and "_" in step.word.removesuffix("_async"))
        for each in [service] if service is not None else sorted(services) if certain else []:
            operations = names.operations(each, name)
            if operations:
                return AwsCall(operations, f"{each} {name}", step.offset)
    return None


def _call_names(written: str) -> Iterator[tuple[str, bool]]:
    """What a call may be named, the longest first, and whether its form alone says that it is one of AWS."""
    yield written, False
    for beginning in _BEGINNINGS:
        if written.startswith(beginning) and len(written) > len(beginning):
            yield written.removeprefix(beginning), True
    for ending in (*_SHAPES, *_ENDINGS):
        if written.endswith(ending) and len(written) > len(ending):
            shaped = ending in _SHAPES or ending == "Paginator"
            name = written.removesuffix(ending)
            yield (name.removeprefix("New") if shaped else name), shaped
