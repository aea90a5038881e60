"""Where policies are: looked up by every run, so that little is imported where there is none."""

import os
from collections.abc import Mapping
from pathlib import Path

FILE_NAME = "policy.yaml"
VARIABLE = "SCOPEAUDIT_POLICY"
"""Names a further policy file. It adds to the user's own, so that nothing that sets it can loosen."""


def policy_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The policy files that count here: the user's own if there is one, and the one the variable names."""
    import platformdirs

    own = platformdirs.user_config_path("scopeaudit", appauthor=False) / FILE_NAME
    named = environment.get(VARIABLE)
    files = ([own] if os.path.lexists(own) else []) + ([Path(named)] if named else [])
    return tuple(dict.fromkeys(files))
