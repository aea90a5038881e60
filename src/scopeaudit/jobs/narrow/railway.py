"""A project token: the narrowest that Railway has, and far from narrow."""

from scopeaudit.jobs.narrow.holding import reached
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.resources import line_of, within_job
from scopeaudit.jobs.narrow.words import beyond_told, missing_told
from scopeaudit.jobs.raw import printable
from scopeaudit.model.authority import Resource
from scopeaudit.model.operation import Effect

_SOURCE = "https://docs.railway.com/integrations/api#project-token"


def railway_token(need: Need) -> Narrower:
    """One token for each environment of the job."""
    does = reached(need.provider, "project-token", need.catalogue, {"token": frozenset({"project"})})
    missing, beyond = need.needed - does.granted, does.granted - need.needed
    places = _places(need)
    is_named = bool(need.resources or need.environments)
    lines = places if is_named and places else tuple(f"environment {each}" for each in need.environments)
    chosen = lines or ("the one environment that the job works on",)
    return Narrower(
        title=f"a project token for job {need.slug}",
        form=Form.LIST,
        text="\n".join(map(printable, chosen)),
        steps=(
            (
                "open the project, Settings, Tokens; choose the environment of the list and create a "
                "token, one for each"
            ),
            (
                "give it to the one process that does the job, as RAILWAY_TOKEN; it is sent in the "
                "header Project-Access-Token"
            ),
            "when the job runs with it, delete the account or workspace token",
        ),
        remains=(
            "Railway tokens have no scopes and no expiry: within its environment it can do everything",
            *missing_told(missing, "they reach beyond one environment"),
            *beyond_told(beyond, need.catalogue, "it comes with"),
            *(() if is_named else ("which environment the job needs: it names none",)),
        ),
        next_best=_fence(need),
        source=_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _places(need: Need) -> tuple[str, ...]:
    """`project shop, environment production` for each environment of the job that is known."""
    by_id = {each.id: each for each in need.authority.resources}
    found = set()
    for each in within_job(need.authority.resources, need.resources, need.environments):
        line = tuple(line_of(each, by_id))
        place = next((one for one in line if one.type == "environment"), None)
        if place is not None:
            found.add(_place(line, place))
    return tuple(sorted(found))


def _place(line: tuple[Resource, ...], environment: Resource) -> str:
    project = next((each.name for each in line if each.type == "project"), None)
    return (
        f"project {project}, environment {environment.name}" if project else f"environment {environment.name}"
    )


def _fence(need: Need) -> str:
    reads = all(
        need.catalogue.operations[each].traits.effect is Effect.READ
        for each in need.needed & need.catalogue.ids
    )
    if reads:
        return "the OAuth scope project:viewer by Railway's own login, which reads and changes nothing"
    return (
        "a person or a pipeline does the job, so that the token lies in no file that an agent reads; "
        "and copies of the data outside of Railway, since the token reaches the volumes and their "
        "backups"
    )
