"""The context of the agents that work in a folder: what is there to be reached, and by whom."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from scopeaudit.catalogue.agent import Agent
from scopeaudit.catalogue.surroundings import Surroundings
from scopeaudit.model.context import Context, Reach, Server, StoreFound, Usable
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Location, Source
from scopeaudit.reach import stores
from scopeaudit.reach.agents.effective import AgentView, path_of
from scopeaudit.reach.agents.servers import read_servers
from scopeaudit.reach.agents.settings import paths_of
from scopeaudit.reach.files import file_documents, file_gap
from scopeaudit.reach.machine import Machine

_KEPT_NAMED = 20
_IN_FILES = frozenset({Source.TREE, Source.STAGED, Source.AGENT, Source.HOME})
ANY_AGENT = "any"
"""Any process that runs as the user: no settings hold it back."""


@dataclass
class Outlook:
    """What can be reached from a folder. Settings are read when they are first asked for."""

    machine: Machine
    known: Surroundings
    agents: tuple[str, ...] = ()
    """Ids of the agents to audit for; those that are used here where empty."""
    _gaps: list[Gap] = field(default_factory=list)
    _kept: list[Location] = field(default_factory=list)

    @cached_property
    def shelves(self) -> tuple[stores.Shelf, ...]:
        """The stores that are there."""
        return stores.shelves(self.machine, self.known.stores)

    @cached_property
    def views(self) -> tuple[AgentView, ...]:
        """The agents, each with its settings and tool servers, by id; any process last."""
        found = [self._view(each) for each in self.known.agents if self._is_chosen(each)]
        return tuple(sorted(found, key=lambda view: (view.agent.id == ANY_AGENT, view.agent.id)))

    def _is_chosen(self, agent: Agent) -> bool:
        if self.agents:
            return agent.id in self.agents
        if agent.id == ANY_AGENT or any(name in self.machine.variables for name in agent.variables):
            return True
        moved = chain(
            (paths_of(each, self.machine) for each in agent.settings if each.moved),
            (paths_of(each, self.machine) for each in agent.servers if each.moved),
        )
        found = chain(self.machine.paths(agent.signs), *moved)
        return next(iter(found), None) is not None

    def _view(self, agent: Agent) -> AgentView:
        servers = []
        for each in read_servers(agent, self.machine, self.known.servers):
            if isinstance(each, Gap):
                self._gaps.append(each)
            else:
                servers.append(each)
        return AgentView(agent, self.machine, servers)

    @property
    def servers(self) -> tuple[Server, ...]:
        """The tool servers of all agents, each of every agent that has it."""
        found = (server for view in self.views for server in view.servers)
        return tuple(sorted(found, key=_by_name))

    def documents(self, sources: Sequence[Source]) -> Iterator[Document | Gap]:
        """What stores and agents keep outside of the folder, each file once, of the chosen sources."""
        seen: set[str] = set()
        for each in self._all_documents(sources):
            if isinstance(each, Document) and not each.pieces:
                if each.size and not each.continues and each.path in seen:
                    continue
                seen.add(each.path)
            yield each

    def _all_documents(self, sources: Sequence[Source]) -> Iterator[Document | Gap]:
        wanted = [
            shelf
            for shelf in self.shelves
            if (Source.HOME if shelf.store.agent is None else Source.AGENT) in sources
        ]
        tree_is_read = Source.TREE in sources
        yield from stores.documents(self.machine, wanted, tree_is_read=tree_is_read)
        if Source.AGENT in sources:
            kept = {stored.path for shelf in wanted for stored in shelf.found}
            for path in self._own_files():
                inside = self.machine.inside(path) is not None
                if path not in kept and not (inside and tree_is_read):
                    source = Source.TREE if inside else Source.AGENT
                    yield from file_documents(path, self.machine.shown(path), source, follow=not inside)

    def _own_files(self) -> list[str]:
        """Files of settings, servers and prompts, and those that servers take values from, sorted."""
        found: set[str] = set()
        for view in self.views:
            agent = view.agent
            found.update(path for each in view.servers for path in self._named_by(each))
            places = [*(each.paths for each in agent.settings), *(each.paths for each in agent.servers)]
            found.update(path for each in places for path in self.machine.paths(each))
            found.update(view.prompts.outside())
        return sorted(found)

    def _named_by(self, server: Server) -> Iterator[str]:
        """Files a server takes values from; the scanned folder does not say which one outside is read."""
        is_own = self.machine.inside(self.machine.absolute(server.path)) is None
        for path in map(self.machine.absolute, server.files):
            if (is_own or self.machine.inside(path) is not None) and os.path.lexists(path):
                yield path

    def reach(self, locations: Iterable[Location]) -> tuple[Reach, ...]:
        """How the agents get at places: one entry an agent and place."""
        found: list[Reach] = []
        for location in locations:
            path = path_of(self.machine, location) if location.source in _IN_FILES else None
            here = [each for view in self.views if (each := view.reach(location, path)) is not None]
            if here and all(each.is_blocked for each in here) and self._is_open_without_folder(location):
                self._kept.append(location)
            found += here
        return tuple(found)

    def _is_open_without_folder(self, location: Location) -> bool:
        """Whether a place would be open if the scanned folder had no settings for agents."""
        found = (view.reach(location) for view in self._trusted)
        return any(each is not None and not each.is_blocked for each in found)

    @cached_property
    def _trusted(self) -> tuple[AgentView, ...]:
        """The agents as if the scanned folder had no settings for them."""
        return tuple(
            AgentView(view.agent, self.machine, view.servers, with_folder=False) for view in self.views
        )

    def gaps(self) -> tuple[Gap, ...]:
        """Places and settings that could not be read or understood, and what the folder alone keeps back."""
        found = (*self._gaps, *(gap for view in self.views for gap in view.gaps))
        return tuple(dict.fromkeys((*found, *self.machine.gaps, *self._kept_gaps())))

    def _kept_gaps(self) -> Iterator[Gap]:
        paths = sorted({each.path for each in self._kept})
        if paths:
            who = " and ".join(view.agent.name for view in self.views)
            why = f"kept from {who} by nothing but settings in the scanned folder, so there is no finding"
            more = [f"{len(paths) - _KEPT_NAMED:,} more"] if len(paths) > _KEPT_NAMED else []
            yield from (file_gap(each, why) for each in (*paths[:_KEPT_NAMED], *more))

    def context(self, places: Iterable[Location] = (), *, with_stores: bool = True) -> Context:
        """Everything at a glance, or without the stores; `places` are where credentials were found."""
        holding = frozenset(each.path for each in places)
        return Context(
            agents=tuple(view.found() for view in self.views),
            stores=self._stores(holding) if with_stores else (),
            servers=self.servers,
            usable=self._usable(holding) if with_stores else (),
            mechanisms=tuple(each for view in self.views for each in view.mechanisms()),
        )

    def _stores(self, holding: frozenset[str]) -> tuple[StoreFound, ...]:
        return tuple(
            replace(each, holds=not holding.isdisjoint(each.paths))
            for each in stores.stores_found(self.shelves)
        )

    def _usable(self, holding: frozenset[str]) -> tuple[Usable, ...]:
        found = (
            *stores.usable(self.shelves),
            *stores.kept_elsewhere(self.shelves, holding),
            *(each for view in self.views for each in _used_by_servers(view)),
        )
        return tuple(sorted(dict.fromkeys(found)))


def _used_by_servers(view: AgentView) -> Iterator[Usable]:
    """What tool servers of an agent use and no file shows."""
    for server in view.servers:
        for held in server.held if server.enabled else ():
            yield Usable(
                view.agent.id,
                f"The tool server {server.name} of {view.agent.name}, which uses {held}",
                f"{server.path}:{server.line}" if server.line else server.path,
                "Calling its tools acts with that, without showing it.",
                view.agent.documentation,
            )


def _by_name(server: Server) -> tuple[str, str, str, int, str, str]:
    return (
        server.agent, server.name, server.path, server.line or 0, server.runs or "", server.host or ""
    )  # fmt: skip
