"""What the provider file says to issue instead, where nothing more exact can be made."""

from scopeaudit.catalogue.operations import select_by_name
from scopeaudit.catalogue.provider import Instead
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.model.operation import Effect

_FENCE = (
    "keep it where only what does the job can read it: a secret store that hands it to the one "
    "process, no file or variable that an agent reads"
)


def described(need: Need) -> Narrower:
    """The first entry that covers the job; without any, that no narrower kind is known."""
    entry = _entry(need)
    if entry is None:
        return Narrower(
            title=f"{need.provider.name} has no narrower kind of credential that is known here",
            form=Form.TEXT,
            text="",
            remains=("all that the present credential may do",),
            next_best=_FENCE,
            source=need.provider.documentation,
            missing=tuple(sorted(need.needed)),
        )
    return Narrower(
        title=f"a narrower credential of {need.provider.name}",
        form=Form.TEXT,
        text=entry.issue,
        remains=(entry.remains,) if entry.remains else (),
        next_best=_FENCE,
        source=entry.source,
    )


def _entry(need: Need) -> Instead | None:
    """What the job only reads counts where it does nothing else."""
    reads = frozenset(
        each
        for each in need.needed & need.catalogue.ids
        if need.catalogue.operations[each].traits.effect is Effect.READ
    )
    wanted = (need.needed - reads) or reads
    for entry in need.provider.instead:
        covered = [select_by_name(pattern, wanted) for pattern in entry.operations]
        if frozenset().union(*covered) == wanted:
            return entry
    return need.provider.instead[-1] if need.provider.instead else None
