"""The provider file: what we know about a provider, as typed data.

One file a provider, `rules/providers/<id>.yaml`. Field names are written with `-` in YAML.
Expressions are JMESPath over the value each field names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scopeaudit.model.authority import State, Verdict


class Needs(StrEnum):
    """What must stand beside a value before it counts as this kind."""

    NOTHING = "nothing"
    """The value has a format of its own."""
    KEYWORD = "keyword"
    """One of the kind's keywords in the path or within a few lines, beside a name or line that speaks of
    secrets, or with the value alone on its line. A pattern with a `secret` group says enough itself."""
    NAME = "name"
    """It is assigned to one of the kind's names; and if the kind has keywords, one of them is near too."""


class Checksum(StrEnum):
    """Checksums that samples confirm."""

    GITHUB_CRC32 = "github-crc32"


class Decoder(StrEnum):
    """Offline decoders: they read what the token itself says and send nothing."""

    JWT = "jwt"
    MACAROON = "macaroon"


class Scheme(StrEnum):
    """How a kind of credential is asked about. Few, named, a closed set."""

    HTTP = "http"
    """REST and GraphQL, and everything decoded offline."""
    POSTGRESQL = "postgresql"
    AWS = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """What belongs to a credential of a kind: key id, host, account."""

    name: str
    names: tuple[str, ...] = ()
    """Globs over key and variable names, case ignored."""
    pattern: str | None = None
    """What the value looks like; anything where missing."""
    required: bool = False
    secret: bool = False
    """Whether this is the secret and what `pattern` of the kind finds is only its id."""
    show: bool = False
    """Whether it may be shown in reports (host, user, key id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token must say of itself to count as a kind."""

    decode: Decoder
    when: str
    """Expression over what the decoder reads; true for a token of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Where the secret goes in a request. `{secret}` and companions are filled in when sending."""

    header: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of credential."""

    id: str
    title: str
    pattern: str | None = None
    """Regular expression of the value, the same text for Hyperscan and `re`: no look-around, no
    back-references. Group `secret` is the secret if it is not the whole match; other named
    groups are companions. Missing for kinds that only an answer can tell."""
    needs: Needs = Needs.NOTHING
    keywords: tuple[str, ...] = ()
    """Lower-case literals; `needs: keyword` looks for them."""
    names: tuple[str, ...] = ()
    """Globs over key and variable names, case ignored."""
    prefer: tuple[str, ...] = ()
    """Other kinds of this provider that win where both match."""
    general: bool = False
    """Kinds of any other provider win where both match."""
    checksum: Checksum | None = None
    claims: Claims | None = None
    """A value that does not say this of itself is not of this kind; see `catalogue.claims`."""
    entropy: float = 0.0
    """Least Shannon entropy of the secret, in bits a character."""
    random_bits: int = 0
    """How many bits of the value are random; from 100 on its last four characters may be shown."""
    secret: bool = True
    """False for values that are made to be public."""
    companions: tuple[Companion, ...] = ()
    scheme: Scheme = Scheme.HTTP
    authorization: Authorization | None = None
    """In place of the provider's."""
    environment: str | None = None
    """The environment the format itself states (`live`)."""
    resource: str | None = None
    """A template over the companions for the one resource the credential opens, as a resource id."""
    examples: tuple[str, ...] = ()
    """Lines in which it is found. `<uuid>`, `<hex:40>`, `<alnum:36>`, `<base64url:22>`, `<jwt:{...}>` ... are
    expanded; see `catalogue.templates`."""
    counterexamples: tuple[str, ...] = ()
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpQuestion:
    """One request of a fixed method, host and path template."""

    path: str
    """`{name}` is filled from `with`, percent-encoded, never with `/`."""
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How an answer in several pages is followed."""

    cursor: str | None = None
    """Expression for the next cursor; `null` at the end."""
    into: str | None = None
    """Query parameter or GraphQL variable that takes it."""
    link: bool = False
    """Follow the page number of the `Link` header's `next` instead."""
    limit: int = 10
    """Pages asked at most; what lies beyond is a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Atoms an answer shows the credential to hold, in one dimension."""

    dimension: str
    atoms: tuple[str, ...] = ()
    each: str | None = None
    """Expression for a list of strings, in place of `atoms`."""
    split: str | None = None
    """Split each string on this, and strip."""
    template: str = "{}"
    """How each string becomes an atom."""
    exhaustive: bool = False
    """Nothing else of this dimension is held."""
    known: bool = False
    """Exhaustive only if `implies` or `may-imply` names every atom: what another includes is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceReading:
    """Resources an answer names. Expressions see one element as `it`, beside the reading's own names."""

    type: str
    each: str
    """Expression for a list (or one object)."""
    id: str
    name: str
    environment: str | None = None
    """Inherited from the resource it stands inside where missing."""
    parent: str | None = None
    """Expression for the parent's id, type included; the enclosing resource where missing."""
    details: Mapping[str, str] = field(default_factory=dict)
    holds: Mapping[str, str] = field(default_factory=dict)
    """Dimension to an expression for the list of atoms held on this resource; exhaustive for it unless
    `null`. Resources inside inherit it."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Dimension to an expression for the list of atoms not held on this resource. Where one is given,
    `holds` of that dimension is not exhaustive: the rest is unknown."""
    inside: tuple["ResourceReading", ...] = ()
    """Resources that live in each of these and die with it. `each` sees the enclosing element as `it`;
    the others see the enclosing resource under its type, as `{id, name}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an answer means. The first reading whose `when` is true is taken."""

    when: str
    """Over `{status, headers, body, kind, facts, item, companions, shows}`; header names in lower case."""
    state: State | None = None
    kind: str | None = None
    account: str | None = None
    expires: str | None = None
    """Expression for a date, date and time, or seconds since 1970."""
    issued: str | None = None
    """Expression for the same: when the credential was issued, not when its owner came to be."""
    expired: str | None = None
    """Expression; true where the answer shows that the credential has expired."""
    facts: Mapping[str, str] = field(default_factory=dict)
    show: Mapping[str, str] = field(default_factory=dict)
    """Label to expression: facts a reader should see."""
    holds: tuple[Holding, ...] = ()
    lacks: tuple[Holding, ...] = ()
    resources: tuple[ResourceReading, ...] = ()
    gap: str | None = None
    """What this answer leaves unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One read-only question. Exactly one of `http`, `graphql`, `sql`, `decode`."""

    id: str
    asks: str
    """What it finds out, in words."""
    http: HttpQuestion | None = None
    graphql: str | None = None
    sql: str | None = None
    decode: Decoder | None = None
    host: str | None = None
    """One of the provider's hosts; the first where missing."""
    authorization: Authorization | None = None
    """In place of the provider's."""
    kinds: tuple[str, ...] = ()
    """Kinds it is asked for; all where empty."""
    when: str | None = None
    """Over `{kind, facts, companions, resources}`; asked only if true."""
    for_each: str | None = None
    """Expression over the same for a list; asked once for each `item`."""
    nothing: str | None = None
    """What stays unknown where `for-each` gives no item."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Path parameters or GraphQL variables: name to expression over `{kind, facts, item, companions}`."""
    pages: Pages | None = None
    read_only: str
    """URL of the documentation that says it only reads. The question is the allow-list's entry."""
    shows: str | None = None
    """What the answer is a test of, for the provider's own readings: an atom."""
    readings: tuple[Reading, ...] = ()
    """After the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRule:
    """A verdict for the operations it selects. The first rule that selects an operation decides."""

    operations: tuple[str, ...] = ("*",)
    """Globs over operation ids."""
    on: tuple[str, ...] = ()
    """Resource types; any where empty. `-` stands for operations without one."""
    effects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Dimensions whose requirements decide. All must be met."""
    absent: Mapping[str, Verdict] = field(default_factory=dict)
    """Verdict of a dimension in which the operation requires nothing; granted where missing."""
    verdict: Verdict | None = None
    """The verdict itself, in place of `needs`."""
    unmet: Verdict = Verdict.DENIED
    """What it means where a need is known not to be met: `unknown` where there may be another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindAuthority:
    """How what a credential of these kinds holds becomes operations."""

    kinds: tuple[str, ...]
    rules: tuple[AuthorityRule, ...]
    maximum: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dimension to the atoms such a credential can hold at most; assumed where it was not asked."""
    summary: str
    """What such a credential can do, in one sentence of ours."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """The narrower credential to issue, for some operations."""

    operations: tuple[str, ...]
    """Globs; the first entry that covers the job's operations is shown."""
    issue: str
    remains: str | None = None
    """What is still too wide about it."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """What cannot be asked, and what is then assumed."""

    what: str
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTemplate:
    """A usual job at this provider, for `use: <provider>/<name>`."""

    name: str
    description: str
    allow: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """All that is known of a provider."""

    id: str
    name: str
    documentation: str
    hosts: tuple[str, ...] = ()
    """The only hosts its credentials are sent to. Empty where a connection string carries its own."""
    authorization: Authorization | None = None
    graphql_path: str | None = None
    catalogue: tuple[str, ...] = ()
    """Files of `rules/operations` its operations come from."""
    implies: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Dimension, atom: the atoms that holding it includes. A leading `*` stands for the same text
    on both sides: `"*:write": ["*:read"]`. An empty list says that the atom is known."""
    may_imply: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """The same for atoms that holding it may include: the documentation does not settle it. They are
    unknown, even where all that is held is known. `*` alone stands for any atom."""
    kinds: tuple[Kind, ...]
    budget: int = 50
    """Requests at most for one credential."""
    rate: float = 10.0
    """Requests a second at most."""
    readings: tuple[Reading, ...] = ()
    """Readings of every question, before its own."""
    questions: tuple[Question, ...] = ()
    authority: tuple[KindAuthority, ...] = ()
    instead: tuple[Instead, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    jobs: tuple[JobTemplate, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether there is a way to learn what a credential may do; else it is only recognised."""
        return bool(self.questions) or any(kind.scheme is Scheme.AWS for kind in self.kinds)

    def kind(self, kind_id: str) -> Kind | None:
        """The kind of that id, if the file has one."""
        return next((kind for kind in self.kinds if kind.id == kind_id), None)
