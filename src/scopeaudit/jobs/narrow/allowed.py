"""The operations that a job allows, by the names its provider's narrower credential is made from."""

from scopeaudit.catalogue.operations import OperationCatalogue, select_by_name
from scopeaudit.model.job import Job, OperationGlob
from scopeaudit.model.policy import Policy


def allowed_by(
    job: Job, catalogue: OperationCatalogue, provider: str, policy: Policy | None = None
) -> frozenset[str]:
    """What the job allows and no policy denies.

    Operation ids; where nothing is known of the provider's operations, the entries as they are written.
    """
    policy = policy or Policy()
    if catalogue.operations:
        allowed = frozenset[str]().union(*(catalogue.select(entry) for entry in job.allow))
        return allowed - catalogue.denied(policy)
    written = frozenset(entry.written.strip().removeprefix(f"{provider}:") for entry in job.allow)
    denied = [
        select_by_name(denial.selector.pattern.removeprefix(f"{provider}:"), written)
        for denial in policy.deny
        if denial.provider in (None, provider) and isinstance(denial.selector, OperationGlob)
    ]
    return written - frozenset[str]().union(*denied)
