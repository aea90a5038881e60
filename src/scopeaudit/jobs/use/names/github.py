"""GitHub: names of its operations in Octokit and go-github, and what `permissions:` of a workflow allow."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.source.calls import Calls, Chain, Step
from scopeaudit.jobs.use.text import Kind
from scopeaudit.model.operation import Operation

_GO_SERVICES = {"repositories": "repos", "pull_requests": "pulls", "organizations": "orgs"}
"""Services of go-github that are not called like the groups of operations."""
_ROOTS = re.compile(r"octokit|github|probot|^gh$|^hub$|^client$|^rest$|^api$|context|kit")
_DECLARED = {"pull-requests": "pull_requests", "security-events": "security_events"}


@dataclass(frozen=True, slots=True)
class GithubCall:
    """A call that was recognised."""

    operations: frozenset[str]
    shown: str
    offset: int


class GithubNames:
    """Operations by the names libraries give them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations = {operation.id: operation for operation in operations}
        self._known = {identity.replace("-", "_").replace("/", ".") for identity in self._operations}
        self._by_permission: dict[str, frozenset[str]] = {}

    def find(self, group: str, method: str) -> str | None:
        """`repos`, `create_release` as the operation `repos/create-release`."""
        name = f"{group}.{method}"
        if name not in self._known:
            return None
        identity = f"{group}/{method}".replace("_", "-")
        return identity if identity in self._operations else None

    def allowed(self, permission: str, level: str) -> frozenset[str]:
        """The operations a permission of a workflow suffices for, beside reading what everybody may."""
        name = _DECLARED.get(permission, permission.replace("-", "_"))
        held = {f"{name}:read", "metadata:read"} | ({f"{name}:write"} if level == "write" else set())
        key = ",".join(sorted(held))
        if key not in self._by_permission:
            own = held - {"metadata:read"}
            self._by_permission[key] = frozenset(
                operation.id
                for operation in self._operations.values()
                for each in operation.requires
                if each.dimension == "permission"
                and any(need <= held and need & own for need in each.alternatives)
            )
        return self._by_permission[key]


def octokit_calls(calls: Calls, names: GithubNames) -> Iterator[GithubCall]:
    """`octokit.rest.repos.createRelease`, called or handed on; `c.Repositories.CreateRelease` in Go."""
    for chain in calls.chains:
        for steps, written in calls.readings(chain):
            found = _found(steps, max(written, 1), names, calls.code.kind, handed_on=_is_paged(calls, chain))
            if found is not None:
                yield found
                break


def _is_paged(calls: Calls, chain: Chain) -> bool:
    """Whether a method is handed to what calls it for every page: `paginate(octokit.pulls.list, ...)`."""
    before = calls.code.tokens[chain.start - 2].text if chain.start > 1 else ""
    return calls.code.is_mark(chain.start - 1, "(") and before in ("paginate", "iterator")


def _found(
    steps: tuple[Step, ...], written: int, names: GithubNames, kind: Kind, *, handed_on: bool
) -> GithubCall | None:
    for position in range(written - 1, len(steps) - 1):
        group, method = steps[position], steps[position + 1]
        if kind is Kind.GO:
            found = names.find(_GO_SERVICES.get(group.word, group.word), method.word)
            if found is not None and method.called and group.name[:1].isupper():
                return GithubCall(frozenset({found}), found, method.offset)
            continue
        handed = method.called or handed_on or any(step.word == "rest" for step in steps[:position])
        if group.called or not handed:
            continue
        rooted = position and any(_ROOTS.search(step.word) for step in steps[:position])
        if rooted:
            found = names.find(group.word, method.word)
            if found is not None:
                return GithubCall(frozenset({found}), found, method.offset)
    return None
