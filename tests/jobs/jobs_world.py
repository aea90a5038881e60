"""Made-up credentials, uses and providers for tests about job files."""

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import JobTemplate, Provider
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Operation, Traits
from scopeaudit.model.use import Use, UseKind

TEMPLATES = (
    JobTemplate(name="observe", description="read", allow=("effect:read",)),
    JobTemplate(name="domains", description="domains", allow=("domainCreate", "domainDelete")),
)
EFFECTS = {
    "domainCreate": (Effect.WRITE, "domain"),
    "domainDelete": (Effect.DELETE, "domain"),
    "volumeDelete": (Effect.DELETE, "volume"),
    "volumes": (Effect.READ, "volume"),
    "domains": (Effect.READ, "domain"),
    "other:thing [a]": (Effect.WRITE, None),
}


def catalogue(
    provider: str, effects: dict[str, tuple[Effect, str | None]] | None = None
) -> OperationCatalogue:
    operations = {
        name: Operation(name, "POST", Traits(effect), on=on)
        for name, (effect, on) in (effects or EFFECTS).items()
    }
    return OperationCatalogue(provider=provider, operations=operations)


PROVIDERS = {
    name: Provider(id=name, name=name.title(), documentation="https://p.example", kinds=(), jobs=TEMPLATES)
    for name in ("railway", "other")
}
CATALOGUES = {name: catalogue(name) for name in PROVIDERS}


def place(path: str, line: int = 1, name: str | None = None, source: Source = Source.TREE) -> Location:
    return Location(Source.ENVIRONMENT if path.startswith("env:") else source, path, line, name=name)


def credential(identity: str, *places: Location, provider: str = "railway") -> Credential:
    return Credential(identity, provider, "token", "…", tuple(sorted(places, key=str)))


def use(
    path: str, *operations: str, line: int = 1, by: UseKind = UseKind.COMMAND, provider: str = "railway"
) -> Use:
    return Use(provider, frozenset(operations), place(path, line), by, "tool do")
