"""The permissions of a restricted key."""

from scopeaudit.jobs.narrow.holding import Dimension, reached
from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.words import beyond_told, missing_told

_SOURCE = "https://docs.stripe.com/keys/restricted-api-keys"
_PAGES = {"live": "https://dashboard.stripe.com/apikeys", "test": "https://dashboard.stripe.com/test/apikeys"}
"""No document of Stripe's says how a link fills the page in, so none does."""


def stripe_key(need: Need) -> Narrower:
    """One line for each permission: its name on keys and its level."""
    mode = "test" if need.kind.endswith("-test") else "live"
    permission = Dimension(need.provider, need.catalogue, "permission")
    atoms = permission.least(need.needed)
    does = reached(need.provider, f"restricted-key-{mode}", need.catalogue, {"permission": atoms})
    missing, beyond = need.needed - does.granted, does.granted - need.needed
    lines = []
    for atom in sorted(atoms):
        name, _, level = atom.rpartition(":")
        lines.append(f"{name.replace('_', ' ')}: {level.capitalize()} (rak_{name}_{level})")
    return Narrower(
        title=f"a restricted {mode} key for job {need.slug}",
        form=Form.LIST,
        text="\n".join(lines) or "every permission: None",
        url=_PAGES[mode],
        steps=(
            "choose Create restricted key, leave every permission at None, and set those of the list",
            "limit it to the addresses that the job runs at",
            "when the job runs with it, roll or delete the old key",
        ),
        remains=(
            *missing_told(missing, "which permission they need is not documented here; a refusal names it"),
            *beyond_told(beyond, need.catalogue, "the same permissions come with"),
            "a permission is for all customers and all amounts: Stripe has no limit to some of them",
        ),
        next_best="a key of a sandbox wherever the job does not need real money" if mode == "live" else None,
        source=_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )
