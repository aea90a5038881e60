"""A local stand-in for Railway's public API: the official schema, a made-up world behind it.

It answers queries the schema allows and the token may ask. Anything else, a mutation above all, is
refused and recorded: whoever sent it would have changed something.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scopeaudit.catalogue.rules import rules_directory
from scopeaudit.demo.server import Reply, StandIn

PATH = "/graphql/v2"
_MOMENT = "2026-01-01T00:00:00.000Z"


@cache
def _schema(path: Path) -> Any:
    from graphql import build_schema

    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


class RailwayStandIn(StandIn):
    """Serves one world: workspaces, and what each token in it stands for.

    `world` has `workspaces`, `people` and `tokens`; a token is `{type: account, person: …}`,
    `{type: workspace, workspace: …}` or `{type: project, project: …, environment: …}`.
    """

    def __init__(self, world: Mapping[str, Any], tokens: Mapping[str, str]) -> None:
        """`tokens` maps the token text to its name in the world."""
        super().__init__()
        self._world = world
        self._tokens = {text: world["tokens"][name] for text, name in tokens.items()}

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request, as the real service would answer it."""
        if method != "POST" or path != PATH:
            self.violations.append(f"{method} {path} is no request of Railway's public API")
            return Reply(404, "text/plain", b"not found")
        try:
            asked = json.loads(body)
            query, variables = asked["query"], asked.get("variables") or {}
        except (ValueError, KeyError, TypeError):
            self.violations.append("the body is no GraphQL request")
            return Reply(400, "text/plain", b"bad request")
        return Reply(200, "application/json", json.dumps(self._execute(query, variables, headers)).encode())

    def _execute(self, query: str, variables: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        from graphql import GraphQLError, OperationDefinitionNode, execute_sync, parse, validate

        schema = _schema(rules_directory() / "operations" / "railway.graphql")
        try:
            document = parse(query)
        except GraphQLError as error:
            self.violations.append(f"not GraphQL: {error.message}")
            return {"errors": [{"message": error.message}]}
        errors = validate(schema, document)
        for refusal in errors:
            self.violations.append(f"the schema refuses the question: {refusal.message}")
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode) and definition.operation.value != "query":
                self.violations.append(f"a {definition.operation.value} was sent: {query[:200]}")
                errors = [GraphQLError("this stand-in changes nothing")]
        if errors:
            return {"errors": [{"message": refusal.message} for refusal in errors]}
        result = execute_sync(
            schema, document, root_value=_Root(self._world, self._who(headers)), variable_values=variables
        )
        return dict(result.formatted)

    def _who(self, headers: Mapping[str, str]) -> dict[str, Any]:
        if project := headers.get("project-access-token"):
            token = self._tokens.get(project, {})
            return dict(token) if token.get("type") == "project" else {}
        scheme, _, text = headers.get("authorization", "").partition(" ")
        token = self._tokens.get(text, {}) if scheme == "Bearer" else {}
        return dict(token) if token.get("type") in ("account", "workspace") else {}


class _Root:
    """The query type: one attribute a field; graphql-core calls those that take arguments."""

    def __init__(self, world: Mapping[str, Any], who: Mapping[str, Any]) -> None:
        self._world = world
        self._who = who

    def _refuse(self, message: str = "Not Authorized") -> Exception:
        from graphql import GraphQLError

        return GraphQLError(message)

    def _workspaces(self) -> list[dict[str, Any]]:
        if self._who.get("type") == "workspace":
            return [each for each in self._world["workspaces"] if each["id"] == self._who["workspace"]]
        if self._who.get("type") == "account":
            return [each for each in self._world["workspaces"] if self._membership(each)]
        return []

    def _membership(self, workspace: Mapping[str, Any]) -> bool:
        return any(member["id"] == self._who.get("person") for member in workspace["members"])

    def projectToken(self, _info: object) -> dict[str, Any]:  # noqa: N802 - the schema's name
        if self._who.get("type") != "project":
            raise self._refuse("Project Token not found")
        project, environment = self._of_token()
        return {
            "id": "token",
            "name": self._who.get("name", "token"),
            "createdAt": _MOMENT,
            "displayToken": "****",
            "projectId": project["id"],
            "environmentId": environment["id"],
            "project": project,
            "environment": environment,
        }

    def _of_token(self) -> tuple[dict[str, Any], dict[str, Any]]:
        for workspace in self._world["workspaces"]:
            for project in workspace["projects"]:
                for environment in project["environments"]:
                    if environment["id"] == self._who["environment"]:
                        return project, environment
        raise self._refuse()

    def apiToken(self, _info: object) -> dict[str, Any]:  # noqa: N802
        if not self._who or self._who["type"] == "project":
            raise self._refuse()
        return {"workspaces": self._workspaces()}

    def me(self, _info: object) -> dict[str, Any]:
        if self._who.get("type") != "account":
            raise self._refuse()
        person = self._world["people"][self._who["person"]]
        return {"id": self._who["person"], "email": person["email"], "has2FA": person.get("has2FA", False)}

    def workspace(self, _info: object, workspaceId: str) -> dict[str, Any]:  # noqa: N803
        for each in self._workspaces():
            if each["id"] == workspaceId:
                return each
        raise self._refuse()

    def projects(self, _info: object, workspaceId: str | None = None, **_page: object) -> dict[str, Any]:  # noqa: N803
        for each in self._workspaces():
            if each["id"] == workspaceId:
                return _connection([_project(project) for project in each["projects"]])
        raise self._refuse()

    def project(self, _info: object, id: str) -> dict[str, Any]:  # noqa: A002
        if self._who.get("type") == "project":
            project, environment = self._of_token()
            if project["id"] == id:
                return _project({**project, "environments": [environment]})
        for workspace in self._workspaces():
            for project in workspace["projects"]:
                if project["id"] == id:
                    return _project(project)
        raise self._refuse()

    def volumeInstanceBackupList(self, _info: object, volumeInstanceId: str) -> list[dict[str, Any]]:  # noqa: N802, N803
        for workspace in self._world["workspaces"]:
            for project in workspace["projects"]:
                for environment in project["environments"]:
                    for volume in environment.get("volumes", ()):
                        if volume["id"] == volumeInstanceId:
                            return [{"externalId": "x", **each} for each in volume.get("backups", ())]
        raise self._refuse()


def _connection(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    page = {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None, "startCursor": None}
    return {"edges": [{"node": node, "cursor": "0"} for node in nodes], "pageInfo": page}


def _project(project: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": project["id"],
        "name": project["name"],
        "deletedAt": None,
        "buckets": _connection(list(project.get("buckets", ()))),
        "environments": _connection([_environment(each) for each in project["environments"]]),
    }


def _environment(environment: Mapping[str, Any]) -> dict[str, Any]:
    services = [
        {"id": each["id"], "serviceId": each["id"], "serviceName": each["name"]}
        for each in environment.get("services", ())
    ]
    return {
        "id": environment["id"],
        "name": environment["name"],
        "isEphemeral": False,
        "canAccess": True,
        "serviceInstances": _connection(services),
        "volumeInstances": _connection([_volume(each) for each in environment.get("volumes", ())]),
    }


def _volume(volume: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": volume["id"],
        "mountPath": volume.get("mountPath", "/data"),
        "sizeMB": volume["sizeMB"],
        "currentSizeMB": volume.get("currentSizeMB", volume["sizeMB"]),
        "isPendingDeletion": False,
        "volume": {"id": volume["volumeId"], "name": volume["name"]},
    }
