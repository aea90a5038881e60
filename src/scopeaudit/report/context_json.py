"""The context of agents as JSON: part of the report, and what `scopeaudit context --format json` prints."""

from collections.abc import Iterable

from scopeaudit.model.context import AgentFound, Context, MechanismFound, Server, StoreFound, Usable
from scopeaudit.model.gap import Gap
from scopeaudit.report.json_text import Json
from scopeaudit.report.reach import by_place


def context_json(context: Context) -> dict[str, Json]:
    """The whole context; same context, same bytes."""
    return {
        "agents": [_agent(each) for each in context.agents],
        "mechanisms": [_mechanism(each) for each in sorted(context.mechanisms, key=by_place)],
        "servers": [_server(each) for each in context.servers],
        "stores": [_store(each) for each in context.stores],
        "usable": [_usable(each) for each in context.usable],
    }


def gaps_json(gaps: Iterable[Gap]) -> Json:
    """What could not be read, sorted."""
    told = sorted({(gap.what, gap.why) for gap in gaps})
    return [{"what": what, "why": why} for what, why in told]


def _agent(agent: AgentFound) -> Json:
    return {
        "id": agent.id,
        "name": agent.name,
        "running": agent.running,
        "settings": list(agent.settings),
        "inside": {way.value: access.value for way, access in agent.inside},
        "outside": {way.value: access.value for way, access in agent.outside},
        "because": list(agent.because),
    }


def _mechanism(found: MechanismFound) -> Json:
    return {
        "agent": found.agent,
        "mechanism": found.mechanism,
        "strength": found.strength.value,
        "rules": found.rules,
        "path": found.path or None,
        "line": found.line,
        "leaves": found.why,
        "source": found.source,
    }


def _server(server: Server) -> Json:
    return {
        "agent": server.agent,
        "name": server.name,
        "path": server.path,
        "line": server.line,
        "runs": server.runs,
        "host": server.host,
        "enabled": server.enabled,
        "known_as": server.known_as,
        "provider": server.provider,
        "limits": list(server.limits),
        "variables": sorted(server.variables),
        "files": sorted(server.files),
        "holds": list(server.held),
    }


def _store(store: StoreFound) -> Json:
    return {
        "id": store.id,
        "name": store.name,
        "agent": store.agent,
        "paths": list(store.paths),
        "holds": store.holds,
    }


def _usable(usable: Usable) -> Json:
    return {
        "id": usable.id,
        "what": usable.what,
        "where": usable.where,
        "can": usable.why,
        "source": usable.source,
    }
