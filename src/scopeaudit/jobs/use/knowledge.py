"""What is known of the providers that are looked for, put together when it is first needed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property, partial

from scopeaudit.catalogue.operations import EMPTY, OperationCatalogue
from scopeaudit.catalogue.rules import Rules
from scopeaudit.catalogue.use_rules import Action, Library, Program, UseRules, load_uses
from scopeaudit.jobs.use.names.aws import AwsNames
from scopeaudit.jobs.use.names.github import GithubNames
from scopeaudit.jobs.use.names.stripe import StripeNames
from scopeaudit.jobs.use.routes import Routes
from scopeaudit.jobs.use.sql.statements import Statement
from scopeaudit.model.operation import Operation

READERS = (
    "curl",
    "wget",
    "http",
    "https",
    "xh",
    "Invoke-RestMethod",
    "Invoke-WebRequest",
    "irm",
    "iwr",
    "psql",
    "mysql",
    "mariadb",
)
"""Programs that say by their arguments whom they ask for what."""
SQL = ("postgresql", "mysql")
"""Providers that speak SQL."""


class Knowledge:
    """The rules of use of the chosen providers, and what is derived from their catalogues."""

    def __init__(self, rules: Rules, providers: Iterable[str] | None) -> None:
        self.rules = rules
        known = load_uses(rules)
        chosen = known.keys() if providers is None else set(providers) & known.keys()
        self.uses: Mapping[str, UseRules] = {each: known[each] for each in sorted(chosen)}
        self._routes: dict[str, Routes] = {}

    def catalogue(self, provider: str) -> OperationCatalogue:
        """A provider's operations; none where it has no catalogue."""
        return self.rules.operations(provider) if provider in self.rules.providers else EMPTY

    def _operations(self, provider: str) -> Iterable[Operation]:
        return self.catalogue(provider).operations.values()

    def routes(self, provider: str) -> Routes:
        """The paths of a provider's interface."""
        if provider not in self._routes:
            self._routes[provider] = Routes(partial(self._operations, provider), self.uses[provider].hosts)
        return self._routes[provider]

    @cached_property
    def aws(self) -> AwsNames | None:
        """AWS's names, if AWS is looked for."""
        return AwsNames(self.uses["aws"], self.catalogue("aws").ids) if "aws" in self.uses else None

    @cached_property
    def stripe(self) -> StripeNames | None:
        """Stripe's names, if Stripe is looked for."""
        return StripeNames(self.catalogue("stripe").operations.values()) if "stripe" in self.uses else None

    @cached_property
    def github(self) -> GithubNames | None:
        """GitHub's names, if GitHub is looked for."""
        return GithubNames(self.catalogue("github").operations.values()) if "github" in self.uses else None

    @cached_property
    def programs(self) -> Mapping[str, tuple[tuple[str, Program], ...]]:
        """Name of a program to its rules and the provider they are of."""
        found: dict[str, list[tuple[str, Program]]] = defaultdict(list)
        for provider, rules in self.uses.items():
            for program in rules.programs:
                for name in program.names:
                    found[name].append((provider, program))
        return {name: tuple(entries) for name, entries in found.items()}

    @cached_property
    def actions(self) -> Mapping[str, tuple[tuple[str, Action], ...]]:
        """Steps that workflows reuse, by name in lower case."""
        found: dict[str, list[tuple[str, Action]]] = defaultdict(list)
        for provider, rules in self.uses.items():
            for action in rules.actions:
                found[action.uses.lower()].append((provider, action))
        return {name: tuple(entries) for name, entries in found.items()}

    @cached_property
    def commands(self) -> re.Pattern[str]:
        """Finds in a text any program whose use can be told."""
        names = sorted({*self.programs, *READERS})
        return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(name) for name in names)})(?![\w-])")

    def objects(self, statement: Statement) -> tuple[str, ...]:
        """What a statement is done to, as `table/orders`; nothing for what it only creates."""
        operation = self.catalogue("postgresql").operations.get(statement.does)
        if operation is None or statement.table is None:
            return ()
        kind = operation.on or "table"
        made = statement.does.startswith("CREATE ") and kind in ("schema", "database", "cluster", "role")
        return () if made else (f"{kind}/{statement.table}",)

    def libraries(self, provider: str) -> tuple[Library, ...]:
        """The listed libraries of a provider."""
        return self.uses[provider].libraries

    @cached_property
    def sql_functions(self) -> frozenset[str]:
        """Functions of PostgreSQL that are operations of their own."""
        return frozenset(
            each for each in self.catalogue("postgresql").ids if each.islower() and " " not in each
        )

    def statement(self, provider: str, does: str) -> frozenset[str]:
        """A statement as operations of a provider that speaks SQL."""
        if provider == "postgresql":
            return frozenset({does}) & self.catalogue(provider).ids
        return frozenset(self.uses[provider].statements.get(does, ()))

    @cached_property
    def first_segments(self) -> tuple[str, ...]:
        """What the paths of the providers' interfaces begin with, sorted."""
        return tuple(
            sorted({each for provider in self.uses for each in self.routes(provider).first_segments})
        )

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """An address of each provider whose interface has one, for where only its name is written."""
        return {
            each: f"https://{rules.hosts[0].replace('*', 'a')}"
            for each, rules in self.uses.items()
            if rules.hosts
        }

    @cached_property
    def libraries_of(self) -> Mapping[str, str]:
        """Names that stand for a provider's interface: its own, and those of libraries that take any path."""
        known = {
            "octokit": "github",
            "octocrab": "github",
            "get_octokit": "github",
            **{each: each for each in self.addresses},
        }
        return {name: self.addresses[each] for name, each in known.items() if each in self.addresses}

    @cached_property
    def words(self) -> Mapping[str, tuple[bytes, ...]]:
        """Texts of which one is in every file of source code that is worth reading, by provider."""
        return {each: tuple(word.encode() for word in rules.words) for each, rules in self.uses.items()}
