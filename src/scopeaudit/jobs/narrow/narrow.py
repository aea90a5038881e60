"""From a job to the narrowest credential that does it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.jobs.narrow.aws import aws_policy
from scopeaudit.jobs.narrow.described import described
from scopeaudit.jobs.narrow.github import github_token
from scopeaudit.jobs.narrow.kubernetes import kubernetes_role
from scopeaudit.jobs.narrow.mysql import mysql_role
from scopeaudit.jobs.narrow.narrower import MOST_DAYS, Narrower, Need
from scopeaudit.jobs.narrow.packages import npm_token, pypi_token
from scopeaudit.jobs.narrow.postgresql import postgresql_role
from scopeaudit.jobs.narrow.railway import railway_token
from scopeaudit.jobs.narrow.scopes import cloudflare_token, digitalocean_token
from scopeaudit.jobs.narrow.stripe import stripe_key
from scopeaudit.jobs.narrow.supabase import supabase_token
from scopeaudit.model.authority import Authority, Verdict

_MAKERS: Mapping[str, Callable[[Need], Narrower | None]] = MappingProxyType(
    {
        "aws": aws_policy,
        "cloudflare": cloudflare_token,
        "digitalocean": digitalocean_token,
        "github": github_token,
        "kubernetes": kubernetes_role,
        "mysql": mysql_role,
        "npm": npm_token,
        "postgresql": postgresql_role,
        "pypi": pypi_token,
        "railway": railway_token,
        "stripe": stripe_key,
        "supabase": supabase_token,
    }
)
"""By provider; `None` from one means that the job is not for this kind of credential."""


def narrow(
    provider: Provider,
    catalogue: OperationCatalogue,
    allowed: frozenset[str],
    *,
    resources: tuple[str, ...] = (),
    environments: tuple[str, ...] = (),
    authority: Authority,
    kind: str,
    name: str = "job",
    context: Mapping[str, str] = MappingProxyType({}),
    days: int = MOST_DAYS,
) -> Narrower | None:
    """The narrowest credential for a job; `None` if it allows nothing, and so needs no credential.

    `allowed` are operation ids, or the job's own words where the provider has no catalogue. What the
    present credential is known not to be able to do is left out: the new one is never to do more.
    """
    needed = allowed - authority.operations(Verdict.DENIED)
    if not needed:
        return None
    need = Need(
        provider=provider,
        catalogue=catalogue,
        needed=needed,
        resources=resources,
        environments=environments,
        authority=authority,
        kind=kind,
        name=name,
        context=context,
        days=days,
    )
    maker = _MAKERS.get(provider.id)
    return (maker(need) if maker is not None else None) or described(need)
