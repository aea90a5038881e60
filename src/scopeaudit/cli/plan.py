"""The text of `scopeaudit scan --plan`."""

from collections.abc import Iterable
from itertools import groupby

from scopeaudit.ask.session import PlannedRequest
from scopeaudit.report.visible import visible


def plan_text(planned: Iterable[PlannedRequest]) -> str:
    """One line a request, grouped by credential; what depends on an answer says on which."""
    lines: list[str] = []
    for (credential, provider), requests in groupby(
        planned, key=lambda each: (each.credential, each.provider)
    ):
        lines.append(f"{credential} {provider}")
        for each in requests:
            host = each.host.removeprefix("https://")
            lines.append(f"  {each.method:<4} {visible(host)}{_spaced(each)}")
            lines.append(f"       {each.asks}" + (f" ({each.depends})" if each.depends else ""))
    if not lines:
        lines.append("nothing would be sent")
    return "\n".join(lines) + "\n"


def _spaced(request: PlannedRequest) -> str:
    path = visible(request.path)
    return path if path.startswith("/") else f" {path}"
