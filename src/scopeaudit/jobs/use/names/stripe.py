"""Stripe: resources and methods of its libraries and of its command line, from the paths of its interface.

The libraries are generated from the same description as the catalogue: `/v1/checkout/sessions` is
`checkout.sessions` in JavaScript and PHP, `checkout.Session` in Python, `Checkout::Session` in Ruby and
`session.New` in Go.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from scopeaudit.jobs.use.source.calls import Calls, Step, squash
from scopeaudit.jobs.use.text import Kind
from scopeaudit.model.operation import Operation

_METHODS = {
    "create": "create",
    "new": "create",
    "retrieve": "retrieve",
    "get": "retrieve",
    "update": "update",
    "modify": "update",
    "save": "update",
    "list": "list",
    "all": "list",
    "auto_paging_iter": "list",
    "auto_paging_each": "list",
    "del": "delete",
    "delete": "delete",
    "cancel": "cancel",
    "search": "search",
}
_OF_VERB = {
    ("GET", True): "retrieve",
    ("GET", False): "list",
    ("POST", True): "update",
    ("POST", False): "create",
    ("DELETE", True): "delete",
}
"""Method of the interface, and whether the path ends with one item, to what the libraries call it."""
_GO_IMPORT = re.compile(r'(?:(\w+)\s+)?"github\.com/stripe/stripe-go/v\d+/([a-z0-9_/]+)"')
_CLASSES = re.compile(r"com\.stripe\.(?:model|service)\.([\w.*]+)|using\s+(Stripe[\w.]*)")
_FROM = re.compile(r"(?:from\s+stripe(?:\.\w+)*\s+import\s+\(?|use\s+stripe::\{?)([\w ,\n]{1,800})")


@dataclass(frozen=True, slots=True)
class StripeCall:
    """A call that was recognised."""

    operations: frozenset[str]
    shown: str
    offset: int


class StripeNames:
    """Operations by resource and method."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._found: dict[tuple[str, str], str] = {}
        self._paths: dict[str, str] = {}
        self.resources: set[str] = set()
        rows = defaultdict(list)
        for operation in operations:
            if operation.path is not None and operation.path.startswith(("/v1/", "/v2/")):
                rows[operation.path].append(operation)
        for path, found in rows.items():
            for operation in found:
                self._add(path, operation, listed=any(each.verb == "GET" for each in found))

    def _add(self, path: str, operation: Operation, *, listed: bool) -> None:
        segments = path.strip("/").removeprefix("v1/").split("/")
        names = [segment for segment in segments if not segment.startswith("{")]
        item = segments[-1].startswith("{")
        self._paths[operation.id] = f"{operation.verb} {path}"
        self._put_nested(names, item, operation)
        if segments[-1] in ("search", "create_preview") or (_is_below_item(segments) and not listed):
            self._put(_resource(names[:-1]), names[-1], operation.id)
            self._put(_resource(names[:-1]), f"{names[-1]}_{_singular(names[-2])}", operation.id)
            return
        method = _OF_VERB.get((operation.verb, item))
        if method is not None:
            self._put(_resource(names), method, operation.id)
        if names[-1] in ("balance", "account") and operation.verb == "GET":
            self._put(_resource(names), "retrieve", operation.id)

    def _put_nested(self, names: list[str], item: bool, operation: Operation) -> None:
        """`customers.listSources`: what lies below an item, as a method of its parent."""
        method = _OF_VERB.get((operation.verb, item))
        if len(names) > 1 and method is not None:
            written = names[-1] if method == "list" else _singular(names[-1])
            self._put(_resource(names[:-1]), f"{method}_{written}", operation.id)

    def _put(self, resource: str, method: str, identity: str) -> None:
        self.resources.add(resource)
        self._found.setdefault((resource, method), identity)

    def find(self, resource: Iterable[str], method: str) -> str | None:
        """The operation of a resource's method; `cancel` is a deletion where there is no other."""
        key = _resource(list(resource))
        plain = re.sub(r"^all_", "list_", method.removesuffix("_async"))
        wanted = _METHODS.get(plain, plain)
        for each in (wanted, plain):
            if (key, each) in self._found:
                return self._found[key, each]
        if wanted == "cancel":
            return self._found.get((key, "delete"))
        return None

    def call(self, resource: Iterable[str], step: Step) -> StripeCall | None:
        """The call that a step is on a resource."""
        identity = self.find(resource, step.word)
        if identity is None:
            return None
        return StripeCall(frozenset({identity}), self._paths[identity], step.offset)


def _is_below_item(segments: list[str]) -> bool:
    """Whether the last segment is what is done to one item, or what it has: `invoices/{invoice}/pay`."""
    return len(segments) > 2 and segments[-2].startswith("{") and not segments[-1].startswith("{")


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name.removesuffix("ies") + "y"
    if name.endswith(("sses", "xes")):
        return name.removesuffix("es")
    return name if name.endswith(("ss", "us", "settings")) else name.removesuffix("s")


def _resource(names: list[str]) -> str:
    return "".join(squash(_singular(name)) for name in names)


def stripe_calls(calls: Calls, text: str, names: StripeNames) -> Iterator[StripeCall]:
    """The calls of Stripe in a file."""
    packages = {
        found.group(1) or found.group(2).rpartition("/")[2]: found.group(2)
        for found in _GO_IMPORT.finditer(text)
    }
    classes = [
        (found.group(1) or "").split(".")[:-1] or (found.group(2) or "").split(".")[1:]
        for found in _CLASSES.finditer(text)
    ]
    groups = {"".join(each).lower() for each in classes}
    imported = {
        name.strip().partition(" ")[0]
        for found in _FROM.finditer(text)
        for name in re.split(r"[,\n]", found.group(1))
    }
    file = _File(packages, groups - {""}, imported, declared=bool(groups))
    for chain in calls.chains:
        if not any(step.called for step in chain.steps):
            continue
        for steps, written in calls.readings(chain):
            found = _found(steps, max(written, 1), names, file, calls.code.kind)
            if found is not None:
                yield found
                break


@dataclass(frozen=True, slots=True)
class _File:
    """What a file imports."""

    packages: Mapping[str, str]
    """Go: name of a package to its path."""
    groups: AbstractSet[str]
    """Java and C#: groups of classes, `checkout`."""
    imported: AbstractSet[str]
    """Python: classes imported by name."""
    declared: bool
    """Whether classes of Stripe are imported in Java or C#."""


def _found(
    steps: tuple[Step, ...], written: int, names: StripeNames, file: _File, kind: Kind
) -> StripeCall | None:
    root = steps[0]
    packages = file.packages
    rooted = "stripe" in root.word or any("stripe" in step.word for step in steps[:3])
    if written == 1 and kind is Kind.GO and root.name in packages and len(steps) > 1 and steps[1].called:
        return names.call(packages[root.name].split("/"), steps[1])
    rooted = rooted or root.name in file.imported or packages.get(root.name, "").endswith("client")
    if not rooted and not (file.declared and kind in (Kind.JAVA, Kind.CSHARP)):
        return None
    for end in range(written, len(steps)):
        for start in range(max(end - 3, 0), end) if steps[end].called else ():
            between = [
                _plain(step)
                for step in steps[start:end]
                if not (
                    step.called
                    and (step.word in _METHODS or (step.first is not None and step is not steps[end - 1]))
                )
            ]
            resource = [name for name in between if name]
            found = names.call(resource, steps[end])
            for group in sorted(file.groups) if found is None and resource else ():
                found = found or names.call([group, *resource], steps[end])
            if found is not None:
                return found
    return None


def _plain(step: Step) -> str:
    """The resource a step names: `Refund`, `refunds`, `V1Refunds`, `RefundService`."""
    word = re.sub(r"^v1_?|_service$", "", step.word)
    return "" if word in ("new", "v1", "self", "await") else word
