"""Kinds of credentials as provider files would state them."""

from scopeaudit.catalogue.provider import Checksum, Companion, Kind, Needs, Scheme

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SOURCE = "https://example.com/"

GITHUB = Kind(
    id="classic-token",
    title="classic token",
    pattern="gh[pousr]_[0-9A-Za-z]{36}",
    checksum=Checksum.GITHUB_CRC32,
    random_bits=178,
    source=SOURCE,
)
FINE_GRAINED = Kind(
    id="fine-grained-token",
    title="fine-grained token",
    pattern="github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}",
    random_bits=400,
    source=SOURCE,
)
PROJECT = Kind(
    id="project-token",
    title="project token",
    pattern=UUID,
    needs=Needs.NAME,
    names=("RAILWAY_TOKEN", "*_RAILWAY_TOKEN", "railway_project_token"),
    random_bits=122,
    source=SOURCE,
)
API = Kind(
    id="api-token",
    title="account token",
    pattern=UUID,
    needs=Needs.NAME,
    names=("RAILWAY_API_TOKEN", "*RAILWAY*API*TOKEN*"),
    random_bits=122,
    source=SOURCE,
)
ANY = Kind(
    id="token",
    title="token of unknown type",
    pattern=UUID,
    needs=Needs.KEYWORD,
    keywords=("railway",),
    names=("*TOKEN*", "Authorization"),
    prefer=("project-token", "api-token"),
    random_bits=122,
    source=SOURCE,
)
STRIPE = Kind(
    id="key",
    title="key",
    pattern="(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10,247}",
    random_bits=140,
    source=SOURCE,
)
PYPI = Kind(
    id="api-token",
    title="API token",
    pattern="pypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{50,1000}",
    random_bits=256,
    source=SOURCE,
)
JWT = Kind(
    id="jwt",
    title="JSON Web Token",
    pattern=r"eyJ[0-9A-Za-z_-]{10,4000}\.eyJ[0-9A-Za-z_-]{10,4000}\.[0-9A-Za-z_-]{20,700}",
    random_bits=256,
    source=SOURCE,
)
AWS = Kind(
    id="access-key",
    title="access key",
    pattern="(?:AKIA|ASIA)[A-Z2-7]{16}",
    random_bits=240,
    scheme=Scheme.AWS,
    source=SOURCE,
    companions=(
        Companion(
            name="secret_access_key",
            names=("*secret_access_key*", "*aws_secret_key*", "secretKey"),
            pattern="[0-9A-Za-z/+]{40}",
            required=True,
            secret=True,
        ),
        Companion(name="key_id", show=True),
        Companion(name="session_token", names=("*session_token*",)),
        Companion(name="region", names=("*region*",), pattern="[a-z]{2}-[a-z]+-[0-9]", show=True),
    ),
)
POSTGRESQL = Kind(
    id="connection-string",
    title="connection string",
    pattern=(
        r"postgres(?:ql)?(?:\+[a-z0-9]{1,16})?://(?P<user>[^\s:@/\"'`<>]{1,128}):(?P<secret>[^\s@/\"'`]{1,256})"
        r"@(?P<host>[0-9A-Za-z_.-]{1,255}(?::[0-9]{1,5})?(?:,[0-9A-Za-z_.-]{1,255}(?::[0-9]{1,5})?){0,9})"
        r"(?:/(?P<database>[^\s?\"'`<>,;)]{1,128}))?(?:\?(?P<params>[^\s\"'`<>]{1,512}))?"
    ),
    scheme=Scheme.POSTGRESQL,
    source=SOURCE,
    companions=tuple(Companion(name=name, show=True) for name in ("user", "host", "port", "database")),
)
VARIABLES = Kind(
    id="variables",
    title="connection variables",
    pattern=r"[^\s]{1,256}",
    needs=Needs.NAME,
    names=("PGPASSWORD",),
    scheme=Scheme.POSTGRESQL,
    source=SOURCE,
    companions=(
        Companion(name="host", names=("PGHOST",), required=True, show=True),
        Companion(name="user", names=("PGUSER",), show=True),
        Companion(name="database", names=("PGDATABASE",), show=True),
        Companion(name="port", names=("PGPORT",), pattern="[0-9]{1,5}", show=True),
    ),
)
KINDS: tuple[tuple[str, Kind], ...] = (
    ("github", GITHUB),
    ("github", FINE_GRAINED),
    ("railway", PROJECT),
    ("railway", API),
    ("railway", ANY),
    ("stripe", STRIPE),
    ("pypi", PYPI),
    ("jwt", JWT),
    ("aws", AWS),
    ("postgresql", POSTGRESQL),
    ("postgresql", VARIABLES),
)
