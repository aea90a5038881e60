"""A stand-in for GitHub's REST API on loopback, bound to the description and to the tables of permissions.

Every request must be a documented reading operation with documented parameters, and every answer the
stand-in gives of itself must be one the description allows; else `violations` says so.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.rules import Rules
from scopeaudit.demo.server import Reply, StandIn
from scopeaudit.model.operation import Operation
from tests.stand_ins.description import description

HOST = "api.github.com"
_VERSION = "2022-11-28"
_LEVELS = {"read": 0, "write": 1, "admin": 2}
_ROLES = ("pull", "triage", "push", "maintain", "admin")
_BAD_CREDENTIALS = {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}
_MUST_BE_ADMIN = "Must have admin rights to Repository."
_LISTS = (
    "users/get-authenticated",
    "repos/list-for-authenticated-user",
    "orgs/list-memberships-for-authenticated-user",
    "apps/list-repos-accessible-to-installation",
    "apps/list-installations-for-authenticated-user",
    "apps/list-installation-repos-for-authenticated-user",
)


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository, and the role the token's person has on it."""

    name: str
    """`owner/name`."""
    role: str = "admin"
    """`pull`, `triage`, `push`, `maintain` or `admin`."""
    private: bool = True
    organization: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """What one token stands for."""

    login: str = "octocat"
    scopes: str | None = None
    """The header of classic tokens; `None` for tokens without scopes."""
    permissions: Mapping[str, str] = field(default_factory=dict)
    """Fine-grained permissions by name, with their level."""
    installation: bool = False
    """Whether it stands for an app and no person."""
    repositories: tuple[Repository, ...] = ()
    organizations: Mapping[str, str] = field(default_factory=dict)
    """Role by organization."""
    installations: Mapping[int, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    """App installations by number: the account, and the permissions."""
    expires: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every answer."""


Override = Callable[[str, str], Reply | None]
"""From operation and path to an answer in place of the stand-in's own; those are not checked."""


class GitHubStandIn(StandIn):
    """Serves tokens; one it does not know is refused as revoked."""

    def __init__(
        self, rules: Rules, tokens: Mapping[str, Token], *, override: Override | None = None,
        unavailable: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """`unavailable` are operations that answer 404 whoever asks: the feature is off."""
        super().__init__()
        self._description = description(rules.directory / "operations" / "github.openapi.json", HOST)
        self._operations: OperationCatalogue = rules.operations("github")
        self._tokens = tokens
        self._override = override
        self._unavailable = unavailable
        self.asked: list[str] = []
        """Operations asked, in order."""

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request, as the real service would answer it."""
        parts = urlsplit(path)
        found = self._description.operation(method, parts.path)
        if method != "GET" or body or found is None:
            self.violations.append(f"{method} {path} is no reading operation of the description")
            return _reply(404, {"message": "Not Found"})
        operation, values = found
        self.asked.append(operation)
        known = len(self.violations)
        self._check_request(operation, method, path, headers)
        if len(self.violations) > known:
            return _reply(422, {"message": "Validation Failed"})
        if self._override and (given := self._override(operation, path)) is not None:
            return given
        token = self._tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if token is None:
            return self._checked(path, 401, _BAD_CREDENTIALS, {})
        query = {name: given[0] for name, given in parse_qs(parts.query).items()}
        status, content, extra = self._answered(token, operation, values, path, query)
        return self._checked(path, status, content, _headers(token) | extra)

    def _check_request(self, operation: str, method: str, path: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(path)
        if problem := self._description.request_problem(method, parts.path, parts.query):
            self.violations.append(problem)
        if self._operations.operations[operation].traits.effect != "read":
            self.violations.append(f"{operation} does more than read")
        if headers.get("x-github-api-version") != _VERSION or not headers.get("user-agent"):
            self.violations.append(f"{operation}: the version of the API or the user agent is missing")
        if headers.get("accept") != "application/vnd.github+json":
            self.violations.append(f"{operation}: does not accept GitHub's media type")

    def _checked(self, path: str, status: int, content: Any, headers: Mapping[str, str]) -> Reply:
        if problem := self._description.answer_problem("GET", urlsplit(path).path, status, content):
            self.violations.append(f"the stand-in itself: {problem}")
        return _reply(status, content, headers)

    def _answered(
        self, token: Token, operation: str, values: Mapping[str, str], path: str, query: Mapping[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        if operation in self._unavailable:
            return 404, {"message": "Not Found"}, {}
        if operation in _LISTS:
            return self._listed(token, operation, values, path, query)
        return self._permitted(token, self._operations.operations[operation], values, path)

    def _listed(
        self, token: Token, operation: str, values: Mapping[str, str], path: str, query: Mapping[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        refused = 403, {"message": "Resource not accessible by integration"}, {}
        match operation:
            case "users/get-authenticated":
                user = self._description.instance("public-user", login=token.login, user_view_type="public")
                return refused if token.installation else (200, user, {})
            case "repos/list-for-authenticated-user":
                seen = [each for each in token.repositories if not each.private or _sees_private(token)]
                page, extra = _page([self._repository(each) for each in seen], path, query)
                return refused if token.installation else (200, page, extra)
            case "orgs/list-memberships-for-authenticated-user":
                if token.scopes is not None and ":org" not in token.scopes:
                    return 403, {"message": "You need at least read:org scope"}, {}
                members = [self._membership(name, role) for name, role in token.organizations.items()]
                return 200, members, {}
            case "apps/list-repos-accessible-to-installation":
                page, extra = _page([self._repository(each) for each in token.repositories], path, query)
                return 200, {"total_count": len(token.repositories), "repositories": page}, extra
            case "apps/list-installations-for-authenticated-user":
                apps = [self._installation(number, *each) for number, each in token.installations.items()]
                return 200, {"total_count": len(apps), "installations": apps}, {}
            case _:
                account = token.installations[int(values["installation_id"])][0]
                here = [each for each in token.repositories if each.name.startswith(f"{account}/")]
                found = [self._repository(each) for each in here]
                return 200, {"total_count": len(found), "repositories": found}, {}

    def _permitted(
        self, token: Token, operation: Operation, values: Mapping[str, str], path: str
    ) -> tuple[int, Any, dict[str, str]]:
        needed = next(each.alternatives for each in operation.requires if each.dimension == "permission")
        accepted = "; ".join(",".join(sorted(atom.replace(":", "=") for atom in atoms)) for atoms in needed)
        extra = {"x-accepted-github-permissions": accepted}
        name = f"{values.get('owner')}/{values.get('repo')}"
        repository = next((each for each in token.repositories if each.name == name), None)
        if "repo" in values and repository is None:
            return 404, {"message": "Not Found"}, extra
        held = any(all(_has(token, atom) for atom in atoms) for atoms in needed)
        if not held and (repository is None or repository.private):
            by = "integration" if token.installation else "personal access token"
            return 403, {"message": f"Resource not accessible by {by}"}, extra
        administers = any("administration:" in atom for atoms in needed for atom in atoms)
        if administers and repository is not None and repository.role != "admin" and not token.installation:
            return 403, {"message": _MUST_BE_ADMIN}, extra
        return 200, self._description.minimal("GET", urlsplit(path).path), extra

    def _repository(self, each: Repository) -> dict[str, Any]:
        owner, _, name = each.name.partition("/")
        kind = "Organization" if each.organization else "User"
        rank = _ROLES.index(each.role)
        return self._description.instance(
            "repository",
            name=name,
            full_name=each.name,
            private=each.private,
            visibility="private" if each.private else "public",
            owner=self._description.instance("simple-user", login=owner, type=kind),
            permissions={role: index <= rank for index, role in enumerate(_ROLES)},
        )

    def _membership(self, name: str, role: str) -> dict[str, Any]:
        organization = self._description.instance("organization-simple", login=name)
        return self._description.instance(
            "org-membership", state="active", role=role, organization=organization
        )

    def _installation(self, number: int, account: str, permissions: Mapping[str, str]) -> dict[str, Any]:
        owner = self._description.instance("simple-user", login=account, type="Organization")
        return self._description.instance(
            "installation", id=number, account=owner, permissions=dict(permissions), suspended_at=None
        )


def _headers(token: Token) -> dict[str, str]:
    found = dict(token.headers)
    if token.scopes is not None:
        found["x-oauth-scopes"] = token.scopes
    if token.expires is not None:
        found["github-authentication-token-expiration"] = token.expires
    return found


def _sees_private(token: Token) -> bool:
    return token.scopes is None or "repo" in [each.strip() for each in token.scopes.split(",")]


def _has(token: Token, atom: str) -> bool:
    name, _, level = atom.partition(":")
    if name == "metadata":
        return True
    return name in token.permissions and _LEVELS[token.permissions[name]] >= _LEVELS[level]


def _page(items: list[Any], path: str, query: Mapping[str, str]) -> tuple[list[Any], dict[str, str]]:
    """One page and its `Link` header. Source: https://docs.github.com/rest/using-the-rest-api/using-pagination"""
    size, number = int(query.get("per_page", "30")), int(query.get("page", "1"))
    start = (number - 1) * size
    if start + size >= len(items):
        return items[start:], {}
    link = f"https://{HOST}{urlsplit(path).path}?per_page={size}&page={number + 1}"
    return items[start : start + size], {"link": f'<{link}>; rel="next"'}


def _reply(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, "application/json; charset=utf-8", json.dumps(content).encode(), headers or {})
