"""Reports from literals, shared by the tests of every format."""

import datetime
from dataclasses import replace

from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model import baseline
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, Resource, State, Verdict
from scopeaudit.model.baseline import Accepted, Entry
from scopeaudit.model.candidate import Candidate, CandidateType
from scopeaudit.model.context import (
    Access,
    AgentFound,
    Context,
    Denial,
    MechanismFound,
    Reach,
    Server,
    StoreFound,
    Strength,
    Usable,
    Way,
)
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation, Severity
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches, Window
from scopeaudit.model.remark import Remark
from scopeaudit.model.report import Report, ScanFacts, Suppressed

PROVIDERS = {"railway": "Railway", "postgresql": "PostgreSQL", "pypi": "PyPI"}

RULES = {
    rule.id: rule
    for rule in (
        FindingRule(
            id="excess-authority",
            title="A credential can do more than its job",
            what="The credential may perform operations its job does not list.",
            why="Whoever reads the file can use all of it.",
            do="Issue a narrower credential.",
            severity="that of the worst operation beyond the job",
            references=("https://example.com/excess",),
        ),
        FindingRule(
            id="environment-crossing",
            title="A credential reaches another environment",
            what="The credential acts in an environment its job does not name.",
            why="A mistake in staging becomes one in production.",
            do="Issue a credential for the one environment.",
            severity="that of the worst operation in the other environment",
            references=(),
        ),
        FindingRule(
            id="recovery-in-blast-radius",
            title="Backups die with what they protect",
            what="One credential destroys data and the copies it would be restored from.",
            why="Nothing is left to restore.",
            do="Keep a copy that no credential in reach can destroy.",
            severity="critical",
            references=(),
        ),
        FindingRule(
            id="unverified-authority",
            title="What the credential can do was not confirmed",
            what="The provider could not be asked; the documented maximum is assumed.",
            why="Unknown is not safe.",
            do="Ask again with access to the network.",
            severity="that of the worst documented operation, at most high",
            references=(),
        ),
        FindingRule(
            id="stale-job",
            title="A job speaks of nothing",
            what="The job matches no credential, or has expired.",
            why="A stale job hides a later credential.",
            do="Remove it.",
            severity="low",
            references=(),
        ),
        FindingRule(
            id="unknown-provider",
            title="Nobody knows what it opens",
            what="The value looks secret.",
            why="Whoever reads it can use it.",
            do="Replace it.",
            severity="low",
            references=(),
        ),
    )
}


def operation(
    name: str,
    effect: Effect,
    severity: Severity,
    reversible: Reversible = Reversible.YES,
    *,
    touches: frozenset[Touches] = frozenset(),
    gate: Gate = Gate.NONE,
    verdict: Verdict = Verdict.GRANTED,
    resources: tuple[str, ...] = (),
    window: Window | None = None,
    gate_removed_by: str | None = None,
    takes_recovery: bool = False,
) -> FindingOperation:
    return FindingOperation(
        id=name,
        effect=effect,
        touches=touches,
        reversible=reversible,
        gate=gate,
        verdict=verdict,
        evidence=EvidenceKind.ASKED,
        severity=severity,
        resources=resources,
        window=window,
        gate_removed_by=gate_removed_by,
        takes_recovery=takes_recovery,
        source="https://docs.railway.com/integrations/api",
    )


_PRODUCTION = ("volume-backup/b1", "volume-backup/b2", "volume-backup/b3", "volume/v1")
_DATA = frozenset({Touches.DATA})
_BOTH = frozenset({Touches.DATA, Touches.RECOVERY})

RAILWAY_OPERATIONS = (
    operation(
        "projectScheduleDeleteForce",
        Effect.DELETE,
        Severity.CRITICAL,
        Reversible.NO,
        touches=_BOTH,
        resources=("project/p1", *_PRODUCTION, "volume/v2"),
        takes_recovery=True,
    ),
    operation(
        "volumeInstanceBackupDelete",
        Effect.DELETE,
        Severity.CRITICAL,
        Reversible.NO,
        touches=frozenset({Touches.RECOVERY}),
        resources=("volume-backup/b1", "volume-backup/b2", "volume-backup/b3"),
    ),
    *(
        operation(f"irreversible{number:02d}", Effect.DELETE, Severity.HIGH, Reversible.NO)
        for number in range(1, 21)
    ),
    operation(
        "volumeDelete",
        Effect.DELETE,
        Severity.HIGH,
        Reversible.WINDOW,
        touches=_BOTH,
        gate=Gate.DELAY,
        resources=(*_PRODUCTION, "volume/v2"),
        window=Window(48, "the owner, by a link sent by e-mail"),
        takes_recovery=True,
    ),
    operation(
        "projectScheduleDelete",
        Effect.DELETE,
        Severity.HIGH,
        Reversible.WINDOW,
        touches=_BOTH,
        gate=Gate.DELAY,
        gate_removed_by="projectScheduleDeleteForce",
        window=Window(48, "whoever may call projectScheduleDeleteCancel"),
    ),
    operation("serviceDelete", Effect.DELETE, Severity.HIGH, Reversible.UNKNOWN, touches=_DATA),
    operation("lockedDelete", Effect.DELETE, Severity.HIGH, Reversible.NO, gate=Gate.MFA, touches=_DATA),
    operation("apiTokenCreate", Effect.PERMISSIONS, Severity.HIGH),
    operation("projectTokenCreate", Effect.PERMISSIONS, Severity.HIGH),
    operation("variables", Effect.REVEAL, Severity.HIGH, Reversible.NO),
    operation("deploymentInstanceExecutionCreate", Effect.EXECUTE, Severity.HIGH, Reversible.UNKNOWN),
    operation("usageLimitSet", Effect.SPEND, Severity.MEDIUM, verdict=Verdict.UNKNOWN),
    operation("serviceUpdate", Effect.WRITE, Severity.MEDIUM),
    operation("variableUpsert", Effect.WRITE, Severity.MEDIUM, verdict=Verdict.UNKNOWN),
    *(operation(f"query{number:03d}", Effect.READ, Severity.LOW) for number in range(1, 151)),
)

_RAILWAY_RESOURCES = (
    Resource("project/p1", "pocketos"),
    Resource("volume/v1", "pg-data", "production", "project/p1", (("size", "12 GB"),)),
    Resource("volume-backup/b1", "daily-1", "production", "volume/v1"),
    Resource("volume-backup/b2", "daily-2", "production", "volume/v1"),
    Resource("volume-backup/b3", "weekly", "production", "volume/v1"),
    Resource("service/s1", "api", "production", "project/p1"),
    Resource("volume/v2", "pg-staging", "staging", "project/p1", (("size", "1 GB"),)),
)

_DOMAINS = Location(Source.TREE, "scripts/domains.sh", 12, 17, None, "RAILWAY_TOKEN")
_OLD_DOMAINS = Location(
    Source.HISTORY, "deploy.sh", 3, 1, "0123456789abcdef0123456789abcdef01234567", "RAILWAY_TOKEN"
)

_IGNORED_BY_CURSOR = Denial(
    agent="cursor",
    mechanism=".cursorignore",
    rule="scripts/",
    strength=Strength.TOOL_ONLY,
    path=".cursorignore",
    line=3,
    why="The terminal reads what it names.",
    instead="Keep the token outside of the folder.",
    source="https://docs.example/ignore",
)
_FENCED_BY_CODEX = Denial(
    agent="codex",
    mechanism="permissions",
    rule="scripts/**",
    strength=Strength.KERNEL,
    path="~/.codex/config.toml",
    line=7,
    why="",
    instead="",
    source="https://docs.example/permissions",
)
CONTEXT = Context(
    agents=(
        AgentFound(
            id="cursor",
            name="Cursor",
            running=True,
            settings=("~/.cursor/sandbox.json",),
            inside=((Way.READ_TOOL, Access.FREE), (Way.SHELL, Access.FREE)),
            outside=((Way.READ_TOOL, Access.ASKS), (Way.SHELL, Access.NONE)),
            because=("commands run in a sandbox that reads everything",),
        ),
        AgentFound("codex", "Codex CLI", False, (), ((Way.SHELL, Access.ASKS),), ()),
    ),
    stores=(
        StoreFound("github-cli", "GitHub CLI", None, ("~/.config/gh/hosts.yml",)),
        StoreFound("railway", "Railway CLI", None, ("~/.railway/config.json",), holds=True),
    ),
    servers=(
        Server(
            agent="cursor",
            name="tickets",
            path=".cursor/mcp.json",
            line=3,
            runs="npx @supabase/mcp-server-supabase",
            host=None,
            known_as="supabase",
            limits=("only reading",),
            allows=(("effect:read",),),
            provider="supabase",
            lines=frozenset({6}),
            variables=frozenset({"SUPABASE_ACCESS_TOKEN"}),
            files=frozenset({".env.tickets"}),
            held=("a login of its own",),
        ),
        Server("cursor", "docs", ".cursor/mcp.json", 9, None, "docs.example", enabled=False),
    ),
    usable=(
        Usable(
            "github-cli",
            "GitHub CLI, whose login is in the system keyring",
            "~/.config/gh/hosts.yml",
            "gh api acts as the signed-in person.",
            "https://cli.github.com/manual/gh_auth_login",
        ),
    ),
    mechanisms=(
        MechanismFound(
            "codex", "permissions", Strength.KERNEL, 1, "~/.codex/config.toml", 7, "", "https://docs.example"
        ),
        MechanismFound(
            "cursor",
            ".cursorignore",
            Strength.TOOL_ONLY,
            2,
            ".cursorignore",
            None,
            "The terminal reads what it names.",
            "https://docs.example/ignore",
        ),
    ),
)

RAILWAY = AuditedCredential(
    Credential("c1", "railway", "api-token", "…a1b2 (36 characters)", (_OLD_DOMAINS, _DOMAINS)),
    Authority(
        state=State.ACTIVE,
        kind="account-token",
        grants=(
            Grant(
                frozenset(each.id for each in RAILWAY_OPERATIONS if each.verdict is Verdict.GRANTED)
                | {"customDomainCreate", "customDomainDelete"},
                Verdict.GRANTED,
                (
                    Evidence(EvidenceKind.ASKED, "me answered 200: an account token"),
                    Evidence(EvidenceKind.ASKED, "projects answered 200: role ADMIN in 1 project"),
                    Evidence(EvidenceKind.DOCUMENTED, "an account token may do what the person may"),
                ),
            ),
            Grant(frozenset({"usageLimitSet", "variableUpsert"}), Verdict.UNKNOWN, ()),
            Grant(frozenset({"adminOnly"}), Verdict.DENIED, ()),
        ),
        resources=_RAILWAY_RESOURCES,
        account="jane@pocketos.example",
        issued="2024-11-02",
        expires="never",
        requests=3,
        facts=(("workspaces", "1"),),
    ),
    job="custom-domains",
    job_description="attach and detach customer domains",
    job_expires=datetime.date(2027, 3, 31),
    owner="platform@pocketos.example",
    destroys_recovery=True,
    reach=(
        Reach("any", _DOMAINS, (Way.READ_TOOL, Way.SHELL)),
        Reach("cursor", _DOMAINS, (Way.SHELL,), (), (_IGNORED_BY_CURSOR,), (_IGNORED_BY_CURSOR,)),
        Reach("cursor", _OLD_DOMAINS, (), (Way.SHELL,)),
        Reach("codex", _DOMAINS, (), (), (_FENCED_BY_CODEX,)),
    ),
)

_REMEDY = "Issue instead: a project token for staging. Still too wide about it: all services of staging."

_EXCESS = Finding(
    rule="excess-authority",
    severity=Severity.CRITICAL,
    fingerprint="11" * 16,
    credential="c1",
    message="the account token may perform 181 operations that job custom-domains does not allow",
    remedy=_REMEDY,
    locations=(_DOMAINS,),
    operations=RAILWAY_OPERATIONS,
    resources=("project/p1", *_PRODUCTION, "volume/v2"),
)
_RECOVERY = Finding(
    rule="recovery-in-blast-radius",
    severity=Severity.CRITICAL,
    fingerprint="22" * 16,
    credential="c1",
    message="volume pg-data and its 3 backups die by the same credential",
    remedy="Keep a copy of pg-data outside Railway.",
    locations=(_DOMAINS,),
    operations=RAILWAY_OPERATIONS[:2],
    resources=_PRODUCTION,
)
_CROSSING = Finding(
    rule="environment-crossing",
    severity=Severity.HIGH,
    fingerprint="33" * 16,
    credential="c1",
    message="job custom-domains is for staging; the token also acts in production",
    remedy=_REMEDY,
    locations=(_DOMAINS,),
    operations=(
        operation("customDomainDelete", Effect.DELETE, Severity.MEDIUM, touches=frozenset({Touches.NETWORK})),
    ),
)

_DATABASE_PLACE = Location(Source.ENVIRONMENT, "env:DATABASE_URL", None, None, None, "DATABASE_URL")

DATABASE = AuditedCredential(
    Credential(
        "c2",
        "postgresql",
        "connection-string",
        "",
        (_DATABASE_PLACE,),
        companions=("host", "user"),
        context=(("host", "db.pocketos.example"), ("user", "app")),
    ),
    Authority(
        state=State.UNKNOWN,
        kind="connection-string",
        grants=(
            Grant(
                frozenset({"DROP TABLE", "SELECT"}),
                Verdict.UNKNOWN,
                (
                    Evidence(
                        EvidenceKind.DOCUMENTED,
                        "the owner of a table may drop it",
                        "https://www.postgresql.org/docs/current/sql-droptable.html",
                    ),
                ),
            ),
        ),
    ),
)

_UNVERIFIED = Finding(
    rule="unverified-authority",
    severity=Severity.HIGH,
    fingerprint="44" * 16,
    credential="c2",
    message="PostgreSQL could not be asked; the documented maximum is assumed",
    remedy="Run again with --allow-host db.pocketos.example.",
    locations=(_DATABASE_PLACE,),
    operations=(
        operation(
            "DROP TABLE",
            Effect.DELETE,
            Severity.HIGH,
            Reversible.NO,
            touches=_DATA,
            verdict=Verdict.UNKNOWN,
        ),
        operation("SELECT", Effect.READ, Severity.LOW, verdict=Verdict.UNKNOWN),
    ),
)

PYPI = AuditedCredential(
    Credential(
        "c3",
        "pypi",
        "api-token",
        "…Zz09 (180 characters)",
        (Location(Source.HOME, "~/.pypirc", 3, 12, None, "password"),),
    ),
    Authority(
        state=State.UNKNOWN,
        kind="project-token",
        grants=(
            Grant(
                frozenset({"upload"}),
                Verdict.GRANTED,
                (Evidence(EvidenceKind.ENCODED, "caveat: projects [pocketos]"),),
            ),
        ),
    ),
    job="release",
    owner="release@pocketos.example",
)

_STALE = Finding(
    rule="stale-job",
    severity=Severity.LOW,
    fingerprint="55" * 16,
    credential=None,
    message="job nightly-report matches no credential",
    remedy="Remove it from scopeaudit.yaml, or correct its path.",
    locations=(Location(Source.TREE, "scopeaudit.yaml", 14, 3),),
)

_IGNORED = Finding(
    rule="unverified-authority",
    severity=Severity.HIGH,
    fingerprint="77" * 16,
    credential="c1",
    message="the token can mint tokens",
    remedy=_REMEDY,
    locations=(_DOMAINS,),
    operations=(operation("apiTokenCreate", Effect.PERMISSIONS, Severity.HIGH),),
)
SUPPRESSED = Suppressed(
    _IGNORED,
    (
        Remark(
            Location(Source.TREE, "scripts/domains.sh", 11, 1),
            12,
            ("unverified-authority",),
            "minting is switched off for this account, see OPS-1123",
        ),
    ),
)
_ACCEPTED = Finding(
    rule="excess-authority",
    severity=Severity.MEDIUM,
    fingerprint="88" * 16,
    credential="c3",
    message="the token may upload to every project",
    remedy="Issue a token for one project.",
    locations=(Location(Source.TREE, ".pypirc", 3, 12, None, "password"),),
)
ACCEPTED = Accepted(_ACCEPTED, "replaced with the next release, see OPS-1124", datetime.date(2027, 3, 31))
CANDIDATES = (
    Candidate(
        "p1",
        CandidateType.PASSWORD,
        (
            Location(Source.TREE, "config/app.yaml", 7, 13, None, "password"),
            Location(Source.TREE, "docker-compose.yml", 30, 24, None, "APP_PASSWORD"),
        ),
    ),
    *(
        Candidate(
            f"p{number}",
            CandidateType.PRIVATE_KEY,
            (Location(Source.TREE, f"tests/keys/{number}.pem", 1, 1),),
            "(1,704 characters)",
        )
        for number in range(2, 13)
    ),
)

GAPS = (
    Gap(Stage.REACH, "secrets/prod.env", "permission denied"),
    *(Gap(Stage.REACH, f"build/blob{number}.bin", "larger than 100 MB") for number in range(6)),
    Gap(Stage.ASK, "c2: role attributes", "db.pocketos.example is not allowed to be asked", "c2"),
)

INCIDENT = Report(
    scan=ScanFacts(
        files=3512,
        bytes=22_000_000,
        sources=(("tree", 3512), ("environment", 41)),
        asked=True,
        requests=3,
        noise=(("baseline", 4), ("pragma", 1)),
    ),
    credentials=(RAILWAY, DATABASE, PYPI),
    findings=(_STALE, _UNVERIFIED, _CROSSING, _RECOVERY, _EXCESS),
    gaps=GAPS,
    candidates=CANDIDATES,
    suppressed=(SUPPRESSED,),
    context=CONTEXT,
    accepted=(ACCEPTED,),
    gone=(
        Entry(
            fingerprint="77" * 16,
            rule="excess-authority",
            about="github classic-pat in scripts/release.sh",
            severity=Severity.HIGH,
        ),
    ),
    states={_EXCESS.fingerprint: baseline.State.UPDATED, _ACCEPTED.fingerprint: baseline.State.UNCHANGED},
)

CLEAN = Report(
    scan=ScanFacts(files=12, bytes=800, sources=(("tree", 12),), asked=False, requests=0),
    credentials=(PYPI,),
)

EMPTY = Report(scan=ScanFacts(files=1, bytes=5, sources=(("tree", 1),)))

_EVIL = "a\x1b[31m\r\nb\u202ec\u200b[bold]d[/bold]\udcff\x9b"

HOSTILE = Report(
    scan=ScanFacts(files=1, sources=(("tree", 1),), asked=True, requests=1),
    credentials=(
        replace(
            RAILWAY,
            credential=replace(
                RAILWAY.credential, locations=(Location(Source.TREE, f"{_EVIL}/[x](http://e.example)", 1, 1),)
            ),
            authority=replace(
                RAILWAY.authority,
                account=_EVIL,
                resources=(Resource("volume/v1", _EVIL, _EVIL, None, ((_EVIL, _EVIL),)),),
                facts=((_EVIL, _EVIL),),
            ),
            job=_EVIL,
            owner=_EVIL,
        ),
    ),
    findings=(
        Finding(
            rule="environment-crossing",
            severity=Severity.HIGH,
            fingerprint="66" * 16,
            credential="c1",
            message=f"crosses {_EVIL} {{0}} [x](http://e.example)",
            remedy=_EVIL,
            locations=(),
            operations=(
                operation(
                    _EVIL,
                    Effect.DELETE,
                    Severity.HIGH,
                    Reversible.WINDOW,
                    window=Window(168, _EVIL),
                    resources=("volume/v1",),
                ),
            ),
        ),
    ),
    gaps=(Gap(Stage.REACH, _EVIL, _EVIL),),
    candidates=(
        Candidate("p1", CandidateType.SECRET, (Location(Source.TREE, f"{_EVIL}", 3, 1, None, _EVIL),)),
    ),
    suppressed=(
        replace(
            SUPPRESSED,
            remarks=(
                Remark(Location(Source.TREE, _EVIL, 4, 1), 4, ("unverified-authority",), f"{_EVIL} {{0}}"),
            ),
        ),
    ),
)

SAMPLES = {"incident": INCIDENT, "clean": CLEAN, "empty": EMPTY, "hostile": HOSTILE}
