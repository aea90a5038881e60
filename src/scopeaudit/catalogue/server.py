"""The server file: a well-known tool server (MCP), and what its configuration holds back.

One file a server, `rules/servers/<id>.yaml`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One setting by which the server does less than its credential could."""

    arguments: tuple[str, ...] = ()
    """Arguments that switch it on, with `*`: `--read-only`, `--project-ref=*`. Each is compared with one
    argument, and with two joined by `=`."""
    variables: tuple[str, ...] = ()
    """`NAME=value` with `*`, from its `env`."""
    query: tuple[str, ...] = ()
    """`name=value` with `*`, of a remote server's URL."""
    headers: tuple[str, ...] = ()
    """`name=value` with `*`."""
    paths: tuple[str, ...] = ()
    """Of a remote server's URL, with `*`: `/mcp/readonly`."""
    always: bool = False
    """Whether the server is always so; with what begins with `unless`, unless that is given."""
    unless_arguments: tuple[str, ...] = ()
    """Arguments that switch it off, with `*`."""
    unless_variables: tuple[str, ...] = ()
    """`NAME=value` with `*` that switch it off."""
    unless_query: tuple[str, ...] = ()
    """`name=value` with `*`, of a remote server's URL, that switch it off."""
    unless_headers: tuple[str, ...] = ()
    """`name=value` with `*` that switch it off."""
    unless_paths: tuple[str, ...] = ()
    """Paths of a remote server's URL, with `*`, where it is off."""
    says: str
    """What it holds back: `only reading`, `one project`."""
    allows: tuple[str, ...] = ()
    """Operations it lets through, as entries of a job's `allow`; all of them where empty."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownServer:
    """A tool server that is known by how it is started or called."""

    id: str
    name: str
    provider: str | None = None
    """Whose credential it holds."""
    packages: tuple[str, ...] = ()
    """Packages, images and programs among command and arguments, with `*`, without version or tag."""
    hosts: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    purpose: str
    """What it is for, in one sentence of ours."""
    source: str
