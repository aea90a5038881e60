"""Reads documents and collects what they use of each provider."""

import re
from collections.abc import Iterable, Iterator

from scopeaudit.catalogue.orm_rules import load_orms
from scopeaudit.catalogue.rules import Rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.jobs.use.code.folder import Folder
from scopeaudit.jobs.use.code.pending import Pending
from scopeaudit.jobs.use.code.reader import CodeReader
from scopeaudit.jobs.use.found import Found, FoundSql
from scopeaudit.jobs.use.graphql import Field, fields
from scopeaudit.jobs.use.knowledge import SQL, Knowledge
from scopeaudit.jobs.use.orm.reader import OrmReader
from scopeaudit.jobs.use.scripts.reader import SCRIPTS, ScriptFiles
from scopeaudit.jobs.use.scripts.workflow import github_scripts, is_workflow, workflow_uses
from scopeaudit.jobs.use.servers import mentions_servers, server_uses
from scopeaudit.jobs.use.source.notebooks import is_notebook, notebook_texts
from scopeaudit.jobs.use.source.page import Page
from scopeaudit.jobs.use.source.settings import Settings
from scopeaudit.jobs.use.source.tokens import tokenize
from scopeaudit.jobs.use.sql.databases import Databases
from scopeaudit.jobs.use.sql.statements import Statement, statements
from scopeaudit.jobs.use.sql.words import is_cut_short
from scopeaudit.jobs.use.text import CODE, MAXIMUM_BYTES, Kind, Text, is_read, text_of_document
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.use import Seen, Use, UseKind

MAXIMUM_USES = 100_000
_TOLD = 20
"""Files that are told each by itself."""
_SQL_BEGINS = re.compile(
    rb"(?:[\"'`]|SQL)\s{0,40}(?i:select\s(?:\s*[\w.]+\s?\(|[^\"'`]{1,400}?\sfrom\s)|insert\s+(?:ignore\s+)?into\s|update\s+\S+\s+(?:\w+\s+)?set\s"
    rb"|delete\s+from\s|with\s+(?:recursive\s+)?\w+\s+as\s*\(|(?:create|alter|drop)\s+(?:or\s+replace\s+|unique\s+|temp\w*\s+)?"
    rb"(?:table|index|view|materialized|function|procedure|trigger|extension|schema|type|role|user|database|policy|sequence|publication)\s"
    rb"|truncate\s|(?:grant|revoke)\s|copy\s+\S+\s+(?:\([^)]{1,200}\)\s+)?(?:from|to)\s|merge\s+into\s|vacuum\s|refresh\s+materialized\s|lock\s+table\s)"
)
_MYSQL_ONLY = ("AUTO_INCREMENT", "ENGINE=")
_POSTGRESQL_ONLY = (
    "bigserial",
    " serial",
    "jsonb",
    "plpgsql",
    "timestamptz",
    "::",
    "row level security",
    "$$",
)
_SERVICE_ROLE = (
    "service_role",
    "service-role",
    "servicerole",
    "service_key",
    "supabase_secret",
    "sb_secret",
    "secret_key",
)
_ANONYMOUS = ("anon_key", "anonkey", "supabase_anon", "publishable", "anon-key", "supabase_key")
_POLICY = "-by-policy"


class UseReader:
    """Takes documents one after the other and tells at the end what they use."""

    def __init__(self, rules: Rules, providers: Iterable[str] | None) -> None:
        """Look for the uses of these providers; of all that are known where `None`.

        Raises:
            InvalidFileError: if a file of the rules is wrong.
        """
        self._knowledge = Knowledge(rules, providers)
        self._rules = rules
        self._code = CodeReader(self._knowledge)
        self._pending = Pending(self._knowledge)
        self._scripts = ScriptFiles(self._knowledge, self._code.commands)
        self._uses: set[Use] = set()
        self._sql: list[tuple[tuple[Statement, ...], Text]] = []
        self._fields: list[tuple[Location, Field]] = []
        self._databases = Databases(SQL if providers is None else tuple(providers))
        self._orms = OrmReader(load_orms(rules) if any(each in self._knowledge.uses for each in SQL) else ())
        self._roles: set[str] = set()
        self._undecided: list[Use] = []
        self._unread: set[str] = set()
        self._cut = False

    def take(self, document: Document) -> None:
        """Read one document; binary, very large and generated ones are left out."""
        if document.source not in (Source.TREE, Source.STAGED, Source.AGENT):
            return
        if len(self._uses) > MAXIMUM_USES:
            self._cut = True
            return
        self._databases.see_document(document)
        self._orms.see(document)
        self._pending.see(document)
        if is_notebook(document.path):
            self._take_notebook(document)
            return
        text = text_of_document(document)
        if text is not None:
            self._take_text(text)
        elif is_read(document) and self._speaks(bytes(document.data)):
            self._unread.add(document.path)

    def _take_notebook(self, document: Document) -> None:
        for text in notebook_texts(document):
            if len(text.document.data) <= MAXIMUM_BYTES:
                self._take_text(text)
            elif self._speaks(bytes(text.document.data)):
                self._unread.add(document.path)
        if document.own is not None and self._speaks(bytes(document.data)):
            # It is the first section of a longer file.
            self._unread.add(document.path)

    def _take_text(self, text: Text) -> None:
        if text.kind in CODE:
            self._take_code(text)
        elif text.kind is Kind.SQL:
            self._take_sql(text)
        elif text.kind is Kind.GRAPHQL:
            self._fields += [(text.location(each.offset), each) for each in fields(text.text)]
        elif text.kind in SCRIPTS:
            self._take_script(text)

    def _speaks(self, data: bytes) -> bool:
        """Whether a file names one of the providers."""
        lower = data.lower()
        return any(word in lower for words in self._knowledge.words.values() for word in words)

    def seen(self) -> Seen:
        """Every use so far, and what was left out though it speaks of one of the providers."""
        uses = self.uses()
        unread = self._unread | self._pending.cut_short | self._scripts.cut_short
        gaps = [Gap(Stage.JOBS, path, "is too large to see what it uses") for path in sorted(unread)[:_TOLD]]
        if len(unread) > _TOLD:
            why = "are too large to see what they use"
            gaps.append(Gap(Stage.JOBS, f"{len(unread) - _TOLD} more files", why))
        if self._cut or self._pending.is_full or self._scripts.is_full or self._orms.is_full:
            gaps.append(
                Gap(Stage.JOBS, "what the folder uses", "is more than is looked at; some was left out")
            )
        return Seen(uses, tuple(gaps))

    def uses(self) -> tuple[Use, ...]:
        """Every use so far, sorted by provider and place, without repetition."""
        for text, seen in self._pending.read(self._code):
            self._put(text, seen)
        for text, each in self._scripts.rest():
            self._put(text, (each,))
        found = set(self._uses)
        found.update(self._decided())
        found.update(self._railway())
        provider = self._databases.decided()
        if provider is not None:
            found.update(self._mapped(provider))
            for done, text in self._sql:
                found.update(self._statements(provider, done, text))
        return tuple(sorted(found, key=_order))

    def _mapped(self, provider: str) -> Iterator[Use]:
        """What mappers and migrations send to the folder's database."""
        for sent, done in self._orms.sent():
            for each in done:
                operations = self._knowledge.statement(provider, each.does)
                if operations:
                    shown = f"{sent.orm} {sent.shown}".strip()
                    resources = self._knowledge.objects(each)
                    yield Use(provider, operations, sent.location, UseKind.SDK, shown, resources)

    def _railway(self) -> Iterator[Use]:
        """Fields of GraphQL documents, where something else shows that Railway is asked."""
        if "railway" not in self._pending.speaks and not any(use.provider == "railway" for use in self._uses):
            return
        self._fields += [(text.location(each.offset), each) for text, each in self._pending.fields]
        self._pending.fields.clear()
        for location, each in self._fields:
            operations = self._code.commands.fields_of("railway", each.name)
            if operations:
                yield Use("railway", operations, location, UseKind.HTTP, f"{each.operation} {each.name}")

    def _take_code(self, text: Text) -> None:
        self._orms.take(text)
        lower = bytes(text.document.data).lower()
        providers = {
            each for each, words in self._knowledge.words.items() if any(word in lower for word in words)
        }
        sql = (
            any(each in self._knowledge.uses for each in SQL)
            and _SQL_BEGINS.search(text.document.data) is not None
        )
        if not providers and not sql:
            self._pending.add(text, frozenset(), frozenset(), sql=False)
            return
        drivers = self._drivers_in(text)
        for each in drivers:
            self._databases.see(each)
        if "supabase" in providers:
            self._see_role(text.lower)
        self._pending.add(text, frozenset(providers), drivers, sql=sql)

    def _drivers_in(self, text: Text) -> frozenset[str]:
        return frozenset(
            each
            for each in SQL
            if each in self._knowledge.uses
            and any(word in text.lower for word in self._knowledge.uses[each].drivers)
        )

    def _take_sql(self, text: Text) -> None:
        provider = None
        if any(word in text.text for word in _MYSQL_ONLY):
            provider = "mysql"
        elif any(word in text.lower for word in _POSTGRESQL_ONLY) or "supabase/" in text.document.path:
            provider = "postgresql"
        if provider is not None and provider in self._knowledge.uses:
            self._databases.see(provider)
        self._put(text, (FoundSql(text.text, 0, provider),))

    def _take_script(self, text: Text) -> None:
        if text.kind in (Kind.JSON, Kind.TOML) and mentions_servers(text.text):
            known = load_surroundings(self._rules).servers
            catalogues = {each: self._knowledge.catalogue(each) for each in self._knowledge.uses}
            self._put(text, server_uses(text, known, catalogues))
        workflow = text.kind is Kind.YAML and is_workflow(text.document.path)
        if workflow:
            self._put(text, workflow_uses(text.text, self._knowledge))
            for passage in github_scripts(text.text):
                self._put(text, self._script_of_workflow(passage.text), passage.offset)
        self._put(text, self._scripts.read(text, skipped=workflow and "github-script" in text.text))

    def _script_of_workflow(self, text: str) -> Iterator[Found | FoundSql]:
        if "github" in self._knowledge.uses:
            code = f"{text}\n// github.rest"
            page = Page("", code, tokenize(code, Kind.JAVASCRIPT))
            yield from self._code.read(
                page,
                frozenset({"github"}),
                frozenset(),
                Folder([page], Settings(), self._knowledge.libraries_of),
            )

    def _put(self, text: Text, found: Iterable[Found | FoundSql], base: int = 0) -> None:
        for each in found:
            if isinstance(each, FoundSql):
                self._put_sql(text, each)
                continue
            location = text.location(base + each.offset)
            use = Use(each.provider, each.operations, location, each.by, each.shown, each.resources)
            if each.provider == "supabase" and any(
                operation.startswith("data/") for operation in each.operations
            ):
                self._put_supabase(text, use, each.through)
            else:
                self._uses.add(use)

    def _put_sql(self, text: Text, found: FoundSql) -> None:
        if is_cut_short(found.text):
            self._unread.add(text.document.path)
        done = tuple(statements(found.text, self._knowledge.sql_functions))
        if not done:
            return
        whole = found.text is text.text or text.text.startswith(found.text, found.offset)
        by_line = tuple(
            Statement(each.does, each.table, found.offset + each.offset if whole else found.offset)
            for each in done
        )
        if found.provider is None:
            self._sql.append((by_line, text))
        elif found.provider in self._knowledge.uses:
            self._uses.update(self._statements(found.provider, by_line, text))

    def _statements(self, provider: str, done: Iterable[Statement], text: Text) -> Iterator[Use]:
        for each in done:
            operations = self._knowledge.statement(provider, each.does)
            if operations:
                shown = f"{each.does} {each.table}" if each.table else each.does
                resources = self._knowledge.objects(each)
                yield Use(provider, operations, text.location(each.offset), UseKind.SQL, shown, resources)

    def _put_supabase(self, text: Text, use: Use, through: str) -> None:
        """Rows and files are read with a service's key or through policies: the name of the key tells."""
        roles = self._see_role(text.lower) or _roles_in(through)
        if len(roles) == 1:
            self._uses.add(self._by_policy(use) if roles == {"anonymous"} else self._as_service(use))
        else:
            self._undecided.append(use)

    def _see_role(self, lower: str) -> set[str]:
        """Which keys a file names."""
        roles = _roles_in(lower)
        self._roles |= roles
        return roles

    def _decided(self) -> Iterator[Use]:
        """Uses whose file does not say with which key: as the folder's other files say, else by policy."""
        for use in self._undecided:
            yield self._as_service(use) if self._roles == {"service"} else self._by_policy(use)

    def _by_policy(self, use: Use) -> Use:
        known = self._knowledge.catalogue("supabase").ids
        plain = {operation.removesuffix(_POLICY) for operation in use.operations}
        return _with(use, {f"{each}{_POLICY}" if f"{each}{_POLICY}" in known else each for each in plain})

    def _as_service(self, use: Use) -> Use:
        return _with(use, {operation.removesuffix(_POLICY) for operation in use.operations})


def _roles_in(lower: str) -> set[str]:
    return {
        role
        for role, words in (("service", _SERVICE_ROLE), ("anonymous", _ANONYMOUS))
        if any(word in lower for word in words)
    }


def _with(use: Use, operations: Iterable[str]) -> Use:
    return Use(use.provider, frozenset(operations), use.location, use.by, use.shown, use.resources)


def _order(use: Use) -> tuple[str, str, str, int, str, str, tuple[str, ...]]:
    place = use.location
    return (
        use.provider,
        place.source,
        place.path,
        place.line or 0,
        use.by,
        use.shown,
        tuple(sorted(use.operations)),
    )
