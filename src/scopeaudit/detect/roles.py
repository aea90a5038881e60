"""What a name says of its value: a password, a token, a key, or something that only speaks of one.

The last word of a name is what it names: `password_file` is a file, `db_password_prod` a password.
"""

import re
from functools import lru_cache

from scopeaudit.detect.names import normal
from scopeaudit.model.candidate import CandidateType

_NOUNS = {
    CandidateType.PASSWORD: """
        password passwd passwort passphrase passcode pass pwd pswd psw pw passw userpass dbpass rootpass
        mypassword userpassword dbpassword passwords contrasena senha
    """,
    CandidateType.TOKEN: """
        token tokens jwt bearer authtoken accesstoken apitoken sessionid cookie cookies
        auth authorization authentication
    """,
    CandidateType.SECRET: """
        secret secrets credential credentials creds secretkey clientsecret appsecret apisecret seed mnemonic
        otp totp psk
    """,
    CandidateType.KEY: """
        key keys apikey accesskey authkey privatekey masterkey signingkey nkey
    """,
}
_TYPES = {word: kind for kind, words in _NOUNS.items() for word in words.split()}
_TRAILING_TEXT = """
value val values str string default plain plaintext raw text b64 base64 hex bytes data env prod
production dev development test testing staging stage live local new old current previous confirm
confirmation again repeat repeated verify base encoded enc main primary secondary alt other a b x y
z one two admin root user db mock mocked fake dummy sample demo valid invalid expected actual
correct wrong good bad v sys input
"""
_TRAILING = frozenset(_TRAILING_TEXT.split())
"""Words after the noun that leave it what it is."""
_OF_KEYS = frozenset(
    [
        "public",
        "pub",
        "primary",
        "foreign",
        "partition",
        "sort",
        "cache",
        "row",
        "hot",
        "shortcut",
        "group",
        "map",
        "dict",
        "object",
        "lookup",
        "index",
        "unique",
        "composite",
        "translation",
        "i18n",
        "registry",
        "host",
        "known",
        "publishable",
        "react",
        "item",
        "list",
        "order",
        "search",
        "query",
        "field",
        "column",
        "table",
        "param",
        "parameter",
        "property",
        "attribute",
        "config",
        "setting",
        "settings",
        "option",
        "label",
        "name",
        "answer",
        "event",
        "message",
        "msg",
        "routing",
        "resource",
        "entry",
        "node",
        "tree",
        "data",
        "sub",
        "parent",
        "child",
        "shard",
        "hash",
        "range",
        "reverse",
        "storage",
        "local",
        "global",
        "json",
        "yaml",
        "header",
        "metadata",
        "meta",
        "tag",
        "context",
        "ctx",
        "error",
        "string",
        "str",
        "keyboard",
        "arrow",
        "enter",
        "escape",
        "tab",
        "any",
        "next",
        "prev",
        "first",
        "last",
        "min",
        "max",
        "start",
        "end",
        "home",
        "up",
        "down",
        "left",
        "right",
        "function",
        "fn",
        "modifier",
        "ctrl",
        "alt",
        "shift",
        "control",
        "nav",
        "menu",
        "grouping",
        "dedupe",
        "idempotency",
        "ordering",
        "sorting",
        "trace",
        "span",
        "dimension",
        "metric",
        "feature",
        "experiment",
        "topic",
        "queue",
        "lock",
        "mutex",
        "s3",
        "object",
        "file",
        "path",
        "blob",
        "bucket",
        "record",
        "by",
        "foreign",
    ]
)
"""Words before `key` that make it a name of something, or one that is made to be known."""


_DERIVED_TEXT = """
public pub hash hashed hashes digest checksum fingerprint encrypted
"""
_DERIVED = frozenset(_DERIVED_TEXT.split())
"""Words that make a value one nobody can log in with, wherever they stand."""


_OPENPGP = frozenset(["gpg", "pgp", "openpgp"])
_FINGERPRINT = re.compile(r"(?i)(?:0x)?(?:[0-9a-f]{16}|[0-9a-f]{40}|(?:[0-9a-f]{4} +){9}[0-9a-f]{4})!?")
_BARE = frozenset(["key", "keys", "token", "auth", "session", "cookie", "sid", "pass", "seed"])
_QUALIFYING = frozenset(["secret", "private", "api", "access", "master", "encryption", "signing"])


@lru_cache(maxsize=4096)
def role_of(name: str) -> CandidateType | None:
    """What the value of a name would be; `None` if the name does not say that it is a secret."""
    words = [word for word in re.split(r"[_.\[\]$@#]+", normal(name)) if word]
    words = [re.sub(r"\d+$", "", word) or word for word in words]
    while len(words) > 1 and words[-1] not in _TYPES and (words[-1] in _TRAILING or words[-1].isdigit()):
        words.pop()
    if not words or not _DERIVED.isdisjoint(words):
        return None
    found = _TYPES.get(words[-1]) or _glued(words[-1])
    if found is CandidateType.KEY and any(word in _OF_KEYS for word in words[-2:-1]):
        return None
    return found


def is_bare(name: str) -> bool:
    """Whether a name is no more than `key`, `token`, `app.key` ...: in programs most are no secrets."""
    *before, last = normal(name).strip("_").split(".")
    return last in _BARE and not any(word in _QUALIFYING for word in before)


def is_fingerprint(name: str, value: str) -> bool:
    """Whether a value only says which OpenPGP key is meant, by its fingerprint or long id.

    Source: https://www.rfc-editor.org/rfc/rfc9580.html#section-5.5.4
    """
    words = re.split(r"[_.]+", normal(name))
    return not _OPENPGP.isdisjoint(words) and _FINGERPRINT.fullmatch(value) is not None


def _glued(word: str) -> CandidateType | None:
    """The noun at the end of words written as one: `dbpassword`, `myapikey`."""
    for noun in ("password", "passwd", "passphrase", "secret", "token", "apikey", "secretkey", "accesskey"):
        if word.endswith(noun):
            return _TYPES.get(noun)
    if word.endswith("pwd"):
        return CandidateType.PASSWORD
    return None
