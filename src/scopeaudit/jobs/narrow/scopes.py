"""Tokens made of scopes, for providers whose scopes are all that is known of what a token does.

A job of theirs names scopes: `domain:read` of DigitalOcean, `dns:edit` or `DNS Write` of Cloudflare.
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.resources import is_literal
from scopeaudit.jobs.narrow.words import counted, listed, missing_told

_DIGITALOCEAN = "https://docs.digitalocean.com/reference/api/scopes/"
_DIGITALOCEAN_PAGE = "https://cloud.digitalocean.com/account/api/tokens/new"
_SCOPE = re.compile(r"[a-z0-9_]{1,40}:[a-z_]{1,30}")
_BESIDE: dict[str, tuple[str, ...]] = {
    "droplet": ("actions:read", "image:read", "regions:read", "sizes:read"),
    "kubernetes": ("actions:read", "regions:read", "sizes:read"),
    "spaces_key": ("actions:read", "regions:read", "sizes:read", "spaces:read"),
}
"""Scopes that any scope of a resource asks for, as the pages of those scopes say; a scope that does not
read asks for the reading one of its resource too."""

_CLOUDFLARE = "https://developers.cloudflare.com/fundamentals/api/how-to/account-owned-token-template/"
_KEYS = frozenset({
    "account_analytics", "account_api_tokens", "account_settings", "billing", "workers_scripts",
    "workers_kv_storage", "workers_routes", "workers_r2", "d1", "queues", "page", "stream", "images",
    "logs", "dns", "zone", "zone_settings", "analytics", "firewall_services", "page_rules", "cache",
    "ssl_and_certificates", "access", "access_acct", "access_audit_log", "access_custom_page", "teams",
})  # fmt: skip
"""Keys of permissions that the documentation of template links lists."""
_NAMES = {
    "workers r2 storage": "workers_r2",
    "pages": "page",
    "cache": "cache",
    "ssl and certificates": "ssl_and_certificates",
}
"""Names of permission groups that are not their keys with spaces."""
_TYPES = {"read": "read", "write": "edit", "edit": "edit", "purge": "purge", "run": "run", "revoke": "revoke"}


def digitalocean_token(need: Need) -> Narrower:
    """A token with custom scopes: those of the job, and those that they ask for."""
    wanted = frozenset(each for each in need.needed if _SCOPE.fullmatch(each) and ":" in each)
    wanted -= frozenset(each for each in wanted if each.startswith("effect:"))
    missing = need.needed - wanted
    asked = _asked_for(wanted) - wanted
    deleting = sorted(each for each in wanted if each.endswith(":delete"))
    return Narrower(
        title=f"a personal access token with custom scopes for job {need.slug}",
        form=Form.LIST,
        text="\n".join(sorted(wanted | asked)) or "no scope",
        url=_DIGITALOCEAN_PAGE,
        steps=(
            "choose Custom Scopes and the scopes of the list, and no other",
            f"let it expire after at most {counted(need.days, 'day')}; then delete the old token",
        ),
        remains=(
            *missing_told(
                missing, "write the job's scopes, such as domain:read; operations are not described yet"
            ),
            *(
                (f"{listed(sorted(asked))}: the page asks for them with the scopes of the job",)
                if asked
                else ()
            ),
            (
                "a scope is for every resource of its type in the team: none is limited to one droplet "
                "or one domain"
            ),
            *((f"{listed(deleting)}: nothing asks before it deletes",) if deleting else ()),
        ),
        next_best="a team of its own for production, since no scope tells resources apart",
        source=_DIGITALOCEAN,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(asked)),
    )


def _asked_for(scopes: Iterable[str]) -> frozenset[str]:
    found = set()
    for each in scopes:
        resource, _, verb = each.partition(":")
        if verb != "read":
            found.add(f"{resource}:read")
        found |= set(_BESIDE.get(resource, ()))
    return frozenset(found)


def cloudflare_token(need: Need) -> Narrower:
    """A token with the permissions of the job, and the link that fills its page in."""
    read = {each: found for each in need.needed if (found := _permission(each)) is not None}
    missing = need.needed - read.keys()
    permissions = sorted(set(read.values()))
    kept = [(key, kind) for key, kind in permissions if not (kind == "read" and (key, "edit") in permissions)]
    linked = [{"key": key, "type": kind} for key, kind in kept if key in _KEYS]
    by_hand = sorted(f"{key}: {kind}" for key, kind in kept if key not in _KEYS)
    zones = tuple(
        each.removeprefix("zone/") for each in need.resources if is_literal(each) and each.startswith("zone/")
    )
    return Narrower(
        title=f"an API token for job {need.slug}",
        form=Form.LIST,
        text="\n".join(f"{key}: {kind}" for key, kind in kept) or "no permission",
        url=_link(need, linked) if linked else None,
        steps=(
            *(("open the link, which fills in the permissions",) if linked else ()),
            *(
                (f"add by hand, since no key for links is documented: {', '.join(by_hand)}",)
                if by_hand
                else ()
            ),
            "under Zone Resources and Account Resources choose Include, Specific: "
            + (listed(zones) if zones else "what the job works on"),
            (
                f"set the addresses it is used from, and an end within {counted(need.days, 'day')}; then "
                "roll the old credential"
            ),
        ),
        remains=(
            *missing_told(missing, "write the job's permissions, such as dns:edit or DNS Write"),
            "the link says all zones and all accounts until they are chosen on the page",
            "a permission to edit is one to delete as well: Cloudflare has no other kind",
        ),
        next_best=None,
        source=_CLOUDFLARE,
        missing=tuple(sorted(missing)),
    )


def _permission(word: str) -> tuple[str, str] | None:
    """Key and type of a permission, as a key (`dns:edit`) or by its name (`DNS Write`)."""
    name, _, kind = word.rpartition(":" if ":" in word else " ")
    kind = _TYPES.get(kind.strip().lower(), "")
    name = " ".join(name.lower().split())
    if not kind or not re.fullmatch(r"[a-z0-9_ :&,.-]{1,60}", name) or name == "effect":
        return None
    return _NAMES.get(name, name.replace(" ", "_")), kind


def _link(need: Need, permissions: list[dict[str, str]]) -> str:
    encoded = quote(json.dumps(permissions, separators=(",", ":")), safe="")
    name = quote(need.slug)
    if need.kind == "account-token":
        return (
            f"https://dash.cloudflare.com/?to=/:account/api-tokens&permissionGroupKeys={encoded}&name={name}"
        )
    page = "https://dash.cloudflare.com/profile/api-tokens"
    return f"{page}?permissionGroupKeys={encoded}&accountId=*&zoneId=all&name={name}"
