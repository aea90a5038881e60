"""Whether text in the place of a secret was written by a person: a word, a path, code, a placeholder."""

import re
from enum import IntEnum
from functools import lru_cache

from scopeaudit.detect.lazy import lazy
from scopeaudit.detect.placeholder import entropy, refusal_of_password, refusal_of_token
from scopeaudit.detect.randomness import is_random, word_score
from scopeaudit.model.candidate import CandidateType

_LEET = str.maketrans("013457@$!", "oleastasi")
_KNOWN_TEXT = """
admin administrator root guest user users test tests testing tester demo sample example default
master super superuser manager mysql postgres postgresql oracle mongo mongodb redis rabbit rabbitmq
sa dba public private letmein welcome qwerty qwertyuiop asdf asdfgh asdfghjkl zxcvbn monkey dragon
sunshine princess football iloveyou abc abcd abcde abcdef abcdefg abcdefgh xyz foo bar baz qux
foobar foobaz quux corge spam eggs ham hunter tiger scott toor pass passwd pwd password secret token
key word none null nil undefined true false yes no on off todo tbd xxx yyy zzz aaa bbb ccc string str
text value dummy fake mock temp tmp changeme changeit change hidden masked redacted removed omitted
blank empty unset unknown invalid valid wrong correct right good bad new old hello world bearer
basic digest negotiate kerberos ntlm sha md bcrypt scrypt argon hmac rsa aes my our app api id your
ok jwt oauth saml ldap plain login logout auto required optional enabled disabled
"""
_KNOWN = frozenset(_KNOWN_TEXT.split())
_PATH = lazy(r"(?:[~.]{0,2}/|[A-Za-z]:[\\/]|\.{1,2}\\).*|[\w.-]+(?:/[\w.@*-]+)+/?|[\w/.-]+\.[a-z]{2,4}")
_CODE = lazy(
    r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+(?:\(.*)?|[A-Za-z_$@&*!][\w$.]*[(\[<{].*|.*[({\[<]\)?"
    r"|[&*!]?[A-Za-z_]\w*\(\)?|\$.*|%.*%?|.*\$\{.*|.*\{\{.*|.*<[A-Za-z_/ -]+>.*|\.\.\.|:\w+|@\w+"
)
_URL = lazy(r"[a-z][a-z0-9+.-]{1,16}://.*", re.IGNORECASE)
_DATE = lazy(
    r"\d{1,4}[-/.:]\d{1,2}[-/.:]\d{1,4}.*|v?\d+(?:\.\d+)+\S{0,12}|0x[0-9a-f]{1,8}|#[0-9a-f]{3,8}",
    re.IGNORECASE,
)
_RELEASE = lazy(r"(?:@?[\w.-]+(?:/[\w.-]+)?@|npm:)?[~^<>=]{0,2}\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?")
"""A version that is asked for, alone or behind its package."""
_INTEGRITY = lazy(r"sha(?:1|256|384|512)-[0-9A-Za-z+/]+={0,2}")
"""https://www.w3.org/TR/SRI/"""
_ESCAPED = lazy(r"(?:\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|&#?\w{2,8};){2,}", re.IGNORECASE)
_EMAIL = lazy(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_REGEX = lazy(r".*(?:\\[dwsWDSb]|\[\^?[a-zA-Z0-9]-[a-zA-Z0-9]|\.\*|\)\?|\{\d+,\d*\}).*")
_WORDY = lazy(
    r"(?:^|[^a-z])(?:your|my|the|some|insert|enter|example|sample|dummy|fake|test|changeme|placeholder|here|password"
    r"|secret|token|apikey|value|string|redacted|foo|bar)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_KEYBOARD = frozenset(
    row[at : at + 4]
    for one in ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz")
    for row in (one, one[::-1])
    for at in range(len(row) - 3)
)
_LEAST = {CandidateType.PASSWORD: 5}
_LEAST_OTHERS = 8
_MOST = 4096
_ILLUSTRATION = lazy(
    r"(?:^|/)(?:[\w.-]*(?<!la)(?<!con)(?<!at)(?<!pro)(?<!ea)tests?|testing|testdata|test-\w+|__tests__|specs?|fixtures?|docs?|documentation|examples?|samples?"
    r"|demos?|tutorials?|changelogs?|benchmarks?|mocks?|stubs?|t)/"
    r"|(?:^|/)(?i:readme|changelog|changes|contributing|history|news|install|upgrading)[^/]*$"
    r"|(?:[._-](?:test|tests|spec|mock|example|sample|template|dist)|(?<=[a-z])(?:Tests?|Spec))(?:\.[^/]*)?$"
    r"|(?:^|/)test_[^/]*$|(?:^|/)\.(?:github|gitlab|circleci|travis)|\.(?:md|mdx|rst|adoc|asciidoc|markdown|tex|html?)$",
)
_DRAWN_SCORE = -0.2
"""Letters alone are a token if their pairs are rarer than this; those of words score about 1.5."""
_DIGIT = lazy(r"[0-9]")
_LETTER = lazy(r"[A-Za-z]")
_PROGRAM = lazy(
    r".*\.(?:py|pyi|[mc]?jsx?|[mc]?tsx?|go|rb|java|kt|kts|scala|rs|php|phtml|cs|c|h|cc|cpp|hpp|cxx|m|mm|swift|lua|exs?|dart"
    r"|groovy|pl|pm|t|r|jl|hs|clj|erl|vb|fs|ml|v|sol|vue|svelte|j|bas|pas|asm|s|pxd|pyx|cshtml|erb|eex|haml|jsp|asp|aspx"
    r"|html?|xhtml|css|scss|less|sql|proto|thrift|graphql)",
    re.IGNORECASE,
)
_TRANSLATION = lazy(
    r"(?:^|/)(?:locales?|lang(?:uages?)?|i18n|l10n|translations?|messages|nls|intl)(?:/|[._-])"
    r"|(?:^|/)[a-z]{2}(?:[-_][A-Za-z]{2,4})?\.(?:json|ya?ml|properties|php|[jt]s|po|arb|resx|strings|xml)$",
    re.IGNORECASE,
)
_OF_LOGINS = lazy(
    r"(?:^|/)(?:\.git-credentials|\.?pgpass(?:\.conf)?|\.?netrc|_netrc|\.?e?s?msmtprc|\.?esmtprc|\.fetchmailrc|\.ftpconfig|\.?smbcredentials"
    r"|sftp(?:-config)?\.json|\.remote-sync\.json|deployment-config\.json|wp-config\.php|filezilla\.xml|recentservers\.xml|sitemanager\.xml"
    r"|winscp\.ini|ventrilo_srv\.ini|(?:dbeaver-)?data-?sources(?:\.local)?\.xml|webservers\.xml|robomongo\.json|\.my\.cnf|\.mylogin\.cnf"
    r"|\.s3cfg|\.boto|\.dockercfg|\.htdigest)$",
    re.IGNORECASE,
)
"""Files that hold the logins of somebody: what stands there as a password is one, however weak."""
_SEGMENT = lazy(r"[\w-]+")
_UNSPOKEN = lazy(r"[0-9@#$^&*=+~%]")
"""In text with spaces, what prose of any language is unlikely to hold."""
_PARTED = lazy(r"[A-Z]{3,5}(?:[-_][A-Za-z0-9]{1,12})+")
_TURNS = lazy(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_MANY_TURNS = 3
_VERY_MANY_TURNS = 5
"""From letters to digits and back as often as this, nobody writes."""
_DOTTED = lazy(r"[\w-]+(?:\.[\w-]+)+")
_NAMED = lazy(
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][a-z]*(?:-[A-Z][A-Za-z0-9]*)+|S-1-\d+-.*|[a-z]+(?:[-_.][a-z0-9]{1,12})+|[A-Z]{2,5}-\d{3}-[A-Z]{3}"
)
"""A constant, a header, a security identifier, an id of words, a cipher."""
_HASHED = lazy(r"\$[\w-]{1,16}\$.*")
_KEY_WORDS = lazy(r"pass(?:word|wd|phrase)|secret|token|apikey|author|auth|access|private|credential")
_ESCAPE = lazy(r"%([0-9A-Fa-f]{2})")
_PLACEHOLDER = lazy(
    r"example|sample|dummy|change|replace|your|insert|placeholder|redacted|secret|passw|p[a@4]ss?w|passphrase|test|foo|bar"
    r"|fake|mock|demo|default|invalid|wrong|abc|xyz|123456|qwert|token|key",
    re.IGNORECASE,
)
_WITH_DIGITS = lazy(r"(?=.*[A-Za-z]{3})(?=.*\d)[^\s{}\[\]()<>$%\\/]{6,64}")
_WORDS_ONLY = lazy(r"[A-Za-z-]{7,40}")
_LABEL = lazy(r"[A-Za-z]{1,24}[-_.]?\d|[a-z]+(?:[-_.][a-z]+)+[-_.]?\d*|[A-Z]+(?:[-_.][A-Z]+)+[-_.]?\d*|.*_.*")


class Stands(IntEnum):
    """Where a value stands, and so what else than a secret it can be."""

    BARE = 0
    """Without quotes, after a name."""
    QUOTED = 1
    """In quotes, after a name."""
    SPACED = 2
    """In quotes, with spaces, after a name that says password."""
    ALONE = 3
    """Without a name, where only a password makes sense."""


@lru_cache(maxsize=4096)
def is_drawn(text: str, kind: CandidateType, path: str, stands: Stands) -> bool:
    """Whether a value can be a secret of that type."""
    if not _LEAST.get(kind, _LEAST_OTHERS) <= len(text) <= _MOST or len(set(text)) < 4:
        return False
    if refusal_of_password(text, path, quoted=stands is not Stands.BARE) or refusal_of_token(text):
        return False
    if kind is CandidateType.PASSWORD and _OF_LOGINS.search(path):
        return True
    if _is_something_else(text) or _without_runs(text) < 5:
        return False
    if stands is Stands.SPACED:
        return _UNSPOKEN.search(text) is not None and not is_wordy(text.replace(" ", ""))
    if kind is not CandidateType.PASSWORD:
        named = _NAMED.fullmatch(text) or (stands is Stands.BARE and _is_label(text))
        return bool(_LETTER.search(text)) and not named and _is_token(text)
    if not is_wordy(text) if len(text) < 16 else _is_token(text):
        return True
    return stands is not Stands.ALONE and not is_illustration(path) and is_thought_up(text, path)


def is_thought_up(text: str, path: str) -> bool:
    """Whether text is what people take as a password: letters with digits, or words in a file of settings."""
    if _PLACEHOLDER.search(text) or not _LETTER.search(text) or _TRANSLATION.search(path):
        return False
    if _WITH_DIGITS.fullmatch(text):
        return not _LABEL.fullmatch(text)
    return _WORDS_ONLY.fullmatch(text) is not None and not is_program(path)


def _is_token(text: str) -> bool:
    if not _DIGIT.search(text) and (len(text) < 16 or (word_score(text) or 0.0) > _DRAWN_SCORE):
        return False
    drawn = is_random(text) or (text.isalnum() and len(_TURNS.findall(text)) >= _VERY_MANY_TURNS)
    return drawn and entropy(text) > 2.5 and not (_WORDY.search(text) and is_wordy(text))


def _is_label(text: str) -> bool:
    """Whether text names a key elsewhere: `BOB_secp112r1_PUB`; the parts of a licence are of one length."""
    if not _PARTED.fullmatch(text):
        return False
    return len({len(part) for part in re.split(r"[-_]", text)}) > 1


def _is_something_else(text: str) -> bool:
    """Whether a value is code, an address, a date, an expression or a path."""
    if not text.isprintable() or text.startswith("//") or _ESCAPED.search(text):
        return True
    if any(each.fullmatch(text) for each in (_URL, _DATE, _RELEASE, _INTEGRITY, _EMAIL, _REGEX, _HASHED)):
        return True
    if _CODE.fullmatch(text):
        dotted = _DOTTED.fullmatch(text) is not None
        return not (dotted and any(len(part) >= 16 and is_random(part) for part in _SEGMENT.findall(text)))
    return _PATH.fullmatch(text) is not None and (not any(map(str.isdigit, text)) or is_wordy(text))


def is_wordy(text: str) -> bool:
    """Whether all its letters make words, digits and signs standing for letters or counting."""
    lower = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text).lower().rstrip("!.?*#$%&@+")
    if _KEY_WORDS.search(lower.translate(_LEET)):
        rest = re.sub(r"[^a-z]", "", _KEY_WORDS.sub("", lower.translate(_LEET)))
        if len(rest) < 4:
            return True
    parts = [part for part in re.split(r"[^a-z]+", lower) if part]
    leet = [part for part in re.split(r"[^a-z]+", lower.translate(_LEET)) if part]
    if not parts:
        return len(text) < 6 or len(set(text)) < 4
    for words in (parts, leet):
        letters = sum(map(len, words))
        known = sum(len(word) for word in words if word in _KNOWN or len(word) == 1)
        if letters and known >= letters - 1:
            return True
    score = word_score(text)
    if score is None:
        if len(_TURNS.findall(text)) >= _MANY_TURNS:
            return False
        return _short_score("".join(parts)) >= 0.0
    return score >= 0.3


def is_illustration(path: str) -> bool:
    """Whether a file explains or tests, so that a password of words in it is likely an example."""
    return _ILLUSTRATION.search(path) is not None


def is_program(path: str) -> bool:
    """Whether a file is source code, where a value without quotes is a name."""
    return _PROGRAM.fullmatch(path) is not None


def _without_runs(text: str) -> int:
    """How many characters are left without what follows the keyboard, the alphabet or the numbers."""
    lower = text.lower()
    taken = {
        at + step for at in range(len(lower) - 3) if lower[at : at + 4] in _KEYBOARD for step in range(4)
    }
    return len(lower) - len(taken)


def _short_score(letters: str) -> float:
    found = word_score(f"{letters}{letters}") if len(letters) >= 3 else None
    return 0.0 if found is None else found
