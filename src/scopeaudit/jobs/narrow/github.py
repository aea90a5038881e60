"""A fine-grained personal access token, or the permissions of a workflow's own token."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

from scopeaudit.jobs.narrow.github_permissions import (
    ACCOUNT,
    APPS_SOURCE,
    ORGANIZATION,
    PARAMETERS_SOURCE,
    REPOSITORY,
    WORKFLOW,
    WORKFLOW_SOURCE,
    levels_of,
)
from scopeaudit.jobs.narrow.holding import Dimension, reached
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.resources import is_literal, within_job
from scopeaudit.jobs.narrow.words import beyond_told, counted, listed, missing_told
from scopeaudit.model.operation import Effect

_PAGE = "https://github.com/settings/personal-access-tokens/new"
_NAME, _DESCRIPTION = 40, 1_024
"""Characters that the page takes."""
_APP = (
    "an installation access token of a GitHub App, minted for the repositories and permissions of "
    "the job; it lives an hour"
)
_OF_BRANCHES = (
    "permissions are for whole repositories, not for branches, folders or single secrets: a ruleset that "
    "the person does not bypass is what holds on a branch"
)
_SAID = {"read": "read", "write": "read and write", "admin": "admin"}
_CHECKS = "checks/"
"""Check runs and suites: a permission of workflows and apps that no fine-grained token has."""
_OF_PACKAGES = "reading packages by REST is not documented for this token; downloading them is"
_PACKAGES = ("packages/get-", "packages/list-")


def github_token(need: Need) -> Narrower | None:
    """For a workflow's token the `permissions` of its job, for any other credential a fine-grained token."""
    if need.kind == "app-installation-token":
        return _workflow_token(need)
    return _fine_grained_token(need)


def _fine_grained_token(need: Need) -> Narrower | None:
    permission = Dimension(need.provider, need.catalogue, "permission")
    atoms = _with_metadata(permission.least(need.needed))
    does = reached(need.provider, "fine-grained-pat", need.catalogue, {"permission": atoms})
    missing, beyond = need.needed - does.granted, does.granted - need.needed
    if missing == need.needed:
        return None
    levels = levels_of(atoms)
    owners, repositories = _repositories(need)
    return Narrower(
        title=f"a fine-grained personal access token for job {need.slug}",
        form=Form.LIST,
        text=_permission_list(levels),
        url=_link(need, levels, owners),
        steps=_steps(need, levels, owners, repositories),
        remains=(
            *missing_told(missing & does.open, "which permission they need is not documented"),
            *missing_told(missing - does.open, "no fine-grained token may do them"),
            *beyond_told(beyond, need.catalogue, "the same permissions come with"),
            *_of_repositories(need, owners, repositories),
            "it can still do no more than its person may, and reads all that is public",
            _OF_BRANCHES,
        ),
        next_best=_APP if missing else None,
        source=PARAMETERS_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _with_metadata(atoms: frozenset[str]) -> frozenset[str]:
    """With the permission that comes with every other one of repositories."""
    is_of_repositories = any(atom.rpartition(":")[0] in REPOSITORY for atom in atoms)
    return atoms | {"metadata:read"} if is_of_repositories else atoms


def _permission_list(levels: Mapping[str, str]) -> str:
    """By the headings of the page."""
    sections = {
        "Repository permissions": REPOSITORY,
        "Organization permissions": ORGANIZATION,
        "Account permissions": ACCOUNT,
        "Other permissions": frozenset(levels) - REPOSITORY - ORGANIZATION - ACCOUNT,
    }
    lines = []
    for heading, names in sections.items():
        chosen = sorted(names & levels.keys())
        if chosen:
            lines += [heading, *(f"  {each}: {_SAID[levels[each]]}" for each in chosen)]
    return "\n".join(lines)


def _link(need: Need, levels: Mapping[str, str], owners: tuple[str, ...]) -> str:
    pairs = [("name", need.slug[:_NAME]), ("description", f"job {need.slug}"[:_DESCRIPTION])]
    if len(owners) == 1:
        pairs.append(("target_name", owners[0]))
    pairs.append(("expires_in", str(need.days)))
    known = REPOSITORY | ORGANIZATION | ACCOUNT
    pairs += [(name, level) for name, level in sorted(levels.items()) if name in known]
    return f"{_PAGE}?{urlencode(pairs, quote_via=quote)}"


def _steps(
    need: Need, levels: Mapping[str, str], owners: tuple[str, ...], repositories: tuple[str, ...]
) -> tuple[str, ...]:
    steps = [
        "open the link, signed in as the person or, better, as a machine user that is a member of little else"
    ]
    if len(owners) > 1:
        steps.append(f"one token has one resource owner: open it once for each of {listed(owners)}")
    elif not owners:
        steps.append("choose the resource owner of the job's repositories")
    if REPOSITORY & levels.keys():
        chosen = listed(repositories, 20) if repositories else "those of the job"
        steps.append(f"under Repository access choose Only select repositories: {chosen}")
    by_hand = sorted(levels.keys() - REPOSITORY - ORGANIZATION - ACCOUNT)
    if by_hand:
        steps.append(f"add by hand, since the link cannot: {', '.join(by_hand)}")
    if ACCOUNT & levels.keys() and (ORGANIZATION & levels.keys()):
        steps.append(
            "account permissions need your account as the resource owner and organization permissions an "
            "organization: issue two tokens"
        )
    steps.append(f"it expires after {counted(need.days, 'day')}; then revoke the old credential")
    return tuple(steps)


def _repositories(need: Need) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Owners and full names of the job's repositories, as far as they are known."""
    named = {
        each.removeprefix("repository/")
        for each in need.resources
        if is_literal(each) and each.removeprefix("repository/").count("/") == 1
    }
    if need.resources or need.environments:
        known = within_job(need.authority.resources, need.resources, need.environments)
        named |= {each.id.removeprefix("repository/") for each in known if each.type == "repository"}
    names = tuple(sorted(each for each in named if _is_name(each)))
    return tuple(dict.fromkeys(each.partition("/")[0] for each in names)), names


def _is_name(text: str) -> bool:
    """Whether GitHub could have given it: owner and repository of letters, digits, `-`, `_` and `.`."""
    owner, _, repository = text.partition("/")
    return _is_word(owner, "-_") and _is_word(repository, "-_.") and bool(repository.strip("."))


def _is_word(text: str, marks: str) -> bool:
    return bool(text) and text.isascii() and all(each.isalnum() or each in marks for each in text)


def _of_repositories(need: Need, owners: tuple[str, ...], repositories: tuple[str, ...]) -> tuple[str, ...]:
    if repositories:
        return ("the link cannot choose repositories: until they are chosen on the page, none or all are",)
    what = "names none that is known" if need.resources else "names none"
    return (f"which repositories the job needs: it {what}{', so the link cannot' if not owners else ''}",)


def _workflow_token(need: Need) -> Narrower:
    permission = Dimension(need.provider, need.catalogue, "permission")
    levels = levels_of(permission.least(need.needed))
    expressed = {name: level for name, level in levels.items() if name in WORKFLOW}
    held = frozenset(f"{name}:{level}" for name, level in expressed.items()) | {"metadata:read"}
    does = reached(need.provider, "app-installation-token", need.catalogue, {"permission": held})
    keys = {WORKFLOW[name]: level for name, level in expressed.items()}
    more, added = _beside(need)
    missing = need.needed - does.granted - added
    beyond = does.granted - need.needed
    return Narrower(
        title=f"the permissions of GITHUB_TOKEN in the workflow of job {need.slug}",
        form=Form.YAML,
        text=_block(keys | more),
        steps=(
            "put it into the job of the workflow that needs it, and `permissions: {}` at the top of the file",
            "in the repository's Actions settings, choose read-only workflow permissions as the default",
        ),
        remains=(
            *missing_told(
                missing, "no key of `permissions` is documented for them, and the others are left out"
            ),
            *beyond_told(beyond, need.catalogue, "the same permissions come with"),
            *(() if "packages" not in more else (_OF_PACKAGES,)),
            "every step of the job may use it, third-party actions included, until the job ends",
        ),
        next_best=_APP if missing else None,
        source=WORKFLOW_SOURCE if not added else APPS_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _beside(need: Need) -> tuple[dict[str, str], frozenset[str]]:
    """Keys that no permission of a fine-grained token stands for, and the operations documented for them."""
    checks = frozenset(each for each in need.needed & need.catalogue.ids if each.startswith(_CHECKS))
    packages = frozenset(each for each in need.needed & need.catalogue.ids if each.startswith(_PACKAGES))
    keys = {}
    if checks:
        keys["checks"] = "read" if _only_reads(checks, need) else "write"
    if packages:
        keys["packages"] = "read"
    return keys, checks


def _only_reads(operations: Iterable[str], need: Need) -> bool:
    return all(need.catalogue.operations[each].traits.effect is Effect.READ for each in operations)


def _block(keys: Mapping[str, str]) -> str:
    if not keys:
        return "permissions: {}"
    return "\n".join(["permissions:", *(f"  {key}: {level}" for key, level in sorted(keys.items()))])
