"""Operation catalogues made from official machine-readable descriptions.

Names, paths, types and requirements are facts and are kept; descriptions are sentences and are not.
"""

import json

from scopeaudit.catalogue.operation_files import OperationRow


def catalogue_text(
    provider: str, title: str, url: str, version: str, rows: list[OperationRow], dropped: list[str]
) -> str:
    """The text of `rules/operations/<id>.json`: one operation a line, sorted, so that a diff can be read."""
    head = {"title": title, "url": url, "version": version}
    lines = [json.dumps(_row(row), ensure_ascii=False) for row in sorted(rows, key=lambda row: row.id)]
    note = f' "left_out": {json.dumps(sorted(dropped))},\n' if dropped else ""
    return (
        f'{{"provider": {json.dumps(provider)},\n "generated_from": {json.dumps(head)},\n{note}'
        f' "operations": [\n  ' + ",\n  ".join(lines) + "\n ]}\n"
    )


def _row(row: OperationRow) -> dict[str, object]:
    value: dict[str, object] = {"id": row.id, "verb": row.verb}
    if row.path is not None:
        value["path"] = row.path
    if row.on is not None:
        value["on"] = row.on
    if row.requires:
        value["requires"] = {name: list(row.requires[name]) for name in sorted(row.requires)}
    return value
