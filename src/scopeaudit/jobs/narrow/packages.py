"""Tokens of package indexes: for one project, or none at all where a publisher is trusted."""

import shlex

from scopeaudit.jobs.narrow.holding import reached
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.resources import is_literal, within_job
from scopeaudit.jobs.narrow.words import beyond_told, listed, missing_told

_PYPI = "https://github.com/pypi/warehouse/blob/main/docs/user/api/secrets.md"
_PYPI_TRUSTED = "https://github.com/pypi/warehouse/blob/main/docs/user/trusted-publishers/index.md"
_NPM = (
    "https://github.com/npm/documentation/blob/main/content/integrations/"
    "integrating-npm-with-external-services/creating-and-viewing-access-tokens.mdx"
)
_INDEXES = {"api-token": "PyPI", "test-api-token": "TestPyPI"}
_NPM_READS = frozenset({"install", "read", "download", "view", "pack", "ci", "effect:read"})
_NPM_WRITES = frozenset({"publish", "dist-tag", "deprecate", "unpublish", "effect:write"})
_BETTER = (
    "better: a trusted publisher for the workflow that releases, and no stored token",
    "or, from npm 12, read-write-stage-only: what is staged goes out when a person approves it",
)
_NPM_MOST = 50
"""Packages and scopes of one token.

Source: https://github.com/npm/documentation/blob/main/content/integrations/
integrating-npm-with-external-services/about-access-tokens.mdx
"""


def pypi_token(need: Need) -> Narrower:
    """A token whose scope is the one project."""
    index = _INDEXES.get(need.kind, "PyPI")
    does = reached(
        need.provider,
        "api-token",
        need.catalogue,
        {"token": frozenset({"project-context"}), "session": frozenset(), "privilege": frozenset()},
    )
    missing, beyond = need.needed - does.granted, does.granted - need.needed
    projects = _projects(need, "project")
    return Narrower(
        title=f"an API token of one project for job {need.slug}",
        form=Form.LIST,
        text="\n".join(f"Scope: Project: {each}" for each in projects) or "Scope: the one project of the job",
        url=None,
        steps=(
            (
                "better: add the workflow that releases as a trusted publisher of the project, and store "
                f"no token at all ({_PYPI_TRUSTED})"
            ),
            f"else, in the account settings of {index}, add an API token for each project of the list",
            "when a release has gone out with it, remove the old token",
        ),
        remains=(
            *missing_told(missing, "they reach beyond one project, or need a signed-in browser"),
            *beyond_told(beyond, need.catalogue, "it comes with"),
            "it uploads any release of that project, it does not expire, and no upload can be taken back",
            *(() if projects else ("which project the job publishes: it names none",)),
        ),
        next_best="a person creates the first release of a project" if missing else None,
        source=_PYPI,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def npm_token(need: Need) -> Narrower:
    """A granular token for the packages of the job, as the command that makes it."""
    known = need.needed & (_NPM_READS | _NPM_WRITES)
    missing = need.needed - known
    is_reading = known <= _NPM_READS
    packages = _projects(need, "package")
    chosen = packages[:_NPM_MOST]
    words = [
        "npm", "token", "create", f"--name={need.slug}", f"--packages={','.join(chosen)}",
        f"--packages-and-scopes-permission={'read-only' if is_reading else 'read-write'}",
        "--orgs-permission=no-access", f"--expires={need.days}",
    ]  # fmt: skip
    beyond = frozenset[str]() if is_reading else _NPM_WRITES - need.needed - {"effect:write"}
    if "effect:write" in need.needed:
        beyond = frozenset()
    return Narrower(
        title=f"a granular access token for job {need.slug}",
        form=Form.TEXT,
        text=shlex.join(words) if chosen else "",
        steps=(
            *(() if is_reading else _BETTER),
            (
                "run the command, or fill in the page: no bypass of two-factor authentication, and the "
                "addresses of the job as --cidr"
            ),
            "when the job runs with it: npm token revoke for the old one",
        ),
        remains=(
            *missing_told(missing, "write read, install or publish: no other name is known for npm"),
            *beyond_told(beyond, need.catalogue, "npm knows only reading and writing, so writing comes with"),
            *_of_packages(packages),
        ),
        next_best=None if is_reading else "packages that require two-factor authentication to publish",
        source=_NPM,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _of_packages(packages: tuple[str, ...]) -> tuple[str, ...]:
    if not packages:
        return ("which packages: the job names none, so there is no command; choose them on the page",)
    if len(packages) > _NPM_MOST:
        return (f"a token takes {_NPM_MOST} packages: {listed(packages[_NPM_MOST:])} are left out",)
    return ()


def _projects(need: Need, kind: str) -> tuple[str, ...]:
    """Names of the job's projects that an index could have given."""
    named = {each.removeprefix(f"{kind}/") for each in need.resources if is_literal(each)}
    if need.resources:
        known = within_job(need.authority.resources, need.resources)
        named |= {each.name for each in known if each.type == kind}
    return tuple(sorted(each for each in named if _is_name(each)))


def _is_name(text: str) -> bool:
    """Letters, digits and what stands between them; npm's scopes begin with `@` and hold one `/`."""
    scope, slash, rest = text.rpartition("/")
    is_scoped = not slash or (scope.startswith("@") and _is_plain(scope[1:]))
    return is_scoped and _is_plain(rest)


def _is_plain(text: str) -> bool:
    return (
        bool(text)
        and text.isascii()
        and text[0].isalnum()
        and all(each.isalnum() or each in "-_." for each in text)
    )
