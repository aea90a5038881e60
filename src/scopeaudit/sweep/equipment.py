"""What detection is done with, made from the rules."""

from typing import TYPE_CHECKING

from scopeaudit.catalogue.cache import cache_directory
from scopeaudit.catalogue.compiled import kept
from scopeaudit.catalogue.engine_cache import EngineCache
from scopeaudit.catalogue.rules import Rules
from scopeaudit.detect.detect import build_engine
from scopeaudit.detect.engine import Engine
from scopeaudit.detect.plan import FORM, Index, Plan, index

if TYPE_CHECKING:
    from scopeaudit.catalogue.provider import Kind


def detection_plan(rules: Rules) -> Plan:
    """What to look for; which kinds it is for is worked out once for the same rules."""

    def build() -> Index:
        return index([(each.id, kind) for each in rules.providers.values() for kind in each.kinds])

    def kind(provider_id: str, kind_id: str) -> "Kind":
        found = rules.providers[provider_id].kind(kind_id)
        if found is None:
            raise KeyError(kind_id)
        return found

    return Plan(kept(rules.cache, f"plan-{FORM}-{rules.digest}.msgpack", Index, build), kind)


def detection_engine(chosen: Plan) -> Engine:
    """The one pass of a plan, from the user's cache if it is there."""
    return build_engine(chosen, EngineCache(cache_directory()))
