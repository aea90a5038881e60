"""A scoped access token of the management interface."""

from scopeaudit.jobs.narrow.holding import Dimension, reached
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.resources import within_job
from scopeaudit.jobs.narrow.words import beyond_told, counted, listed, missing_told

_SOURCE = "https://supabase.com/docs/guides/platform/access-tokens"
_PAGE = "https://supabase.com/dashboard/account/tokens"
_DATA = "data/"
_FOR_DATA = (
    "for rows, files and users of a project: a publishable key with row level security policies for "
    "this job, or a database role of its own with grants on its tables"
)


def supabase_token(need: Need) -> Narrower | None:
    """Its permissions by name; nothing for a job that only works on a project's data."""
    if all(each.startswith(_DATA) for each in need.needed):
        return None
    permission = Dimension(need.provider, need.catalogue, "permission")
    atoms = permission.least(need.needed)
    does = reached(need.provider, "scoped-access-token", need.catalogue, {"permission": atoms})
    missing, beyond = need.needed - does.granted, does.granted - need.needed
    data = frozenset(each for each in missing if each.startswith(_DATA))
    projects = tuple(
        each.name
        for each in within_job(need.authority.resources, need.resources, need.environments)
        if each.type == "project"
    )
    is_chosen = bool(projects) and bool(need.resources or need.environments)
    return Narrower(
        title=f"a scoped access token for job {need.slug}",
        form=Form.LIST,
        text="\n".join(sorted(atoms)) or "no permission",
        url=_PAGE,
        steps=(
            "generate a new token and choose Selected projects: "
            + (listed(projects, 20) if is_chosen else "those of the job"),
            "choose the permissions of the list, and no other",
            f"let it expire after {counted(need.days, 'day')}; then delete the old token",
        ),
        remains=(
            *missing_told(missing - data, "no permission is documented for them"),
            *missing_told(data, "a token of the management interface reaches no data"),
            *beyond_told(beyond, need.catalogue, "the same permissions come with"),
            (
                "permissions are for whole projects, not for a table, a function or a branch; they count "
                "as far as the person's own role goes"
            ),
        ),
        next_best=_FOR_DATA if data else None,
        source=_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )
