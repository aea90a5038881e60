"""The user's policy, for commands that audit."""

import os
from typing import TYPE_CHECKING

from scopeaudit.catalogue.rules import Rules

if TYPE_CHECKING:
    from scopeaudit.jobs.policy import LoadedPolicy


def loaded_policy(rules: Rules) -> "LoadedPolicy | None":
    """The policy that holds here; `None` where the user has none.

    Raises:
        InvalidFileError: if there is one that cannot be read: it is never none.
    """
    from scopeaudit.jobs.policy_files import policy_files

    files = policy_files(os.environ)
    if not files:
        return None
    from scopeaudit.jobs.policy import load_policy

    return load_policy(files, rules.providers, rules.findings)
