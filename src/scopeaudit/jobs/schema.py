"""JSON Schemas of the files people write, for their editors."""

from typing import Any

from scopeaudit.catalogue.json_schema import schema_of
from scopeaudit.jobs.declarations import VERSION
from scopeaudit.jobs.policy import REQUIRABLE, PolicyFile
from scopeaudit.jobs.raw import RawFile

_SELECTED_BY = ("path", "env", "key")

EXPLAINED = {
    "RawFile": {
        "version": "Version of this format: 1.",
        "extends": "Another job file beside this one, whose jobs this one takes up or adds to.",
        "environment": "The environment the folder is meant for.",
        "jobs": "What each credential was issued for, by name.",
        "recovery": "What would be restored from what.",
    },
    "RawJob": {
        "description": "What it is for, in a sentence.",
        "owner": "Who answers for it.",
        "provider": "The service that issued the credential; `scopeaudit providers` lists them.",
        "use": "A job template of the provider, such as railway/custom-domains.",
        "allow": "Operations by name or glob, or by trait: effect:read, touches:network; + joins traits.",
        "resources": "Globs over ids and names of the resources it works on; any where missing.",
        "environments": "Globs over the environments it works in; any where missing.",
        "expires": "Its last day.",
        "credentials": "Which credentials the job speaks for: by place and name.",
    },
    "RawSelector": {
        "path": "Glob over the file's path, from the folder of the job file.",
        "env": "Glob over the name of an environment variable, of the process or set in a file.",
        "key": "Glob over the key the value is assigned to.",
    },
    "RawRecovery": {
        "protects": "What would have to be restored.",
        "copies": "Where its copies are.",
    },
    "RawResource": {
        "provider": "The provider it lies with.",
        "resource": "Glob over ids and names of its resources.",
    },
    "PolicyFile": {
        "version": "Version of this format: 1.",
        "deny": "Operations that no job may allow, as in allow; provider: in front limits an entry to one.",
        "require": "Keys that every job must give.",
        "forbid": "Providers, or provider/kind, whose credentials may not be in reach.",
        "deny-environments": "Globs over environments that no job may be for.",
        "max-expiry-days": "A job's last day is at most so many days ahead, and every job has one.",
        "max-age-days": "A credential was issued at most so many days ago.",
        "max-age-days-of": "Provider to the same for its credentials, in place of max-age-days.",
        "fail-on": "Findings from this severity on always fail the run.",
        "no-ignore": "Finding rules that nothing in a scanned folder can ignore; * stands for all.",
        "no-ignore-from": "Findings from this severity on nothing in a scanned folder can ignore.",
        "extend-from": "Folders outside of the scanned one in which extended job files may lie.",
    },
}
"""Type and key to what an editor shows beside it."""


def job_file_schema() -> dict[str, Any]:
    """The schema of `scopeaudit.yaml`."""
    schema = _explained(schema_of(RawFile, title="scopeaudit: job file"))
    definitions = schema["$defs"]
    definitions["RawFile"]["required"] = ["version"]
    definitions["RawFile"]["properties"]["version"] |= {"const": VERSION}
    definitions["RawFile"]["properties"]["extends"] |= {"pattern": r"^[^/~\\:][^\\:]*\.ya?ml$"}
    for key in ("environments", "resources"):
        definitions["RawJob"]["properties"][key]["items"] |= {"pattern": r"\S"}
    definitions["RawSelector"]["anyOf"] = [{"required": [key]} for key in _SELECTED_BY]
    definitions["RawRecovery"]["required"] = ["protects", "copies"]
    definitions["RawResource"]["required"] = ["provider", "resource"]
    return _renamed(schema)


def policy_schema() -> dict[str, Any]:
    """The schema of `policy.yaml`."""
    schema = _explained(schema_of(PolicyFile, title="scopeaudit: policy"))
    properties = schema["$defs"]["PolicyFile"]["properties"]
    properties["version"] |= {"const": 1}
    properties["require"]["items"] = {"enum": list(REQUIRABLE)}
    for days in (
        properties["max-expiry-days"],
        properties["max-age-days"],
        properties["max-age-days-of"]["additionalProperties"],
    ):
        days["minimum"] = 1
    return schema


def _explained(schema: dict[str, Any]) -> dict[str, Any]:
    for name, definition in schema["$defs"].items():
        for key, value in definition["properties"].items():
            value["description"] = EXPLAINED[name][key]
    return schema


def _renamed(schema: dict[str, Any]) -> dict[str, Any]:
    """Definitions under the words of the format."""
    return {
        key: {name.removeprefix("Raw"): each for name, each in value.items()} if key == "$defs" else value
        for key, value in _without_prefix(schema).items()
    }


def _without_prefix(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: each.replace("/Raw", "/") if key == "$ref" else _without_prefix(each)
            for key, each in value.items()
        }
    return [_without_prefix(each) for each in value] if isinstance(value, list) else value
