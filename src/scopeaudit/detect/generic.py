"""Values that look secret and belong to no known provider: by the name they are given to, and by their form.

What tells a secret from a label, a reference or a test word is whether a generator drew it. So a value counts
if something secret by name is given it and it is no word, no path, no code and no placeholder.

Only what the pass looks for is here: how values are read is imported where the pass reported something.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scopeaudit.detect.value import Value
    from scopeaudit.detect.view import View

_STRONG = (
    r"pass(?:w(?:or)?d|phrase|code|wort|w)?|pwd|pswd|secret|token|credential"
    r"|api[-_]?key|access[-_]?key|jwt|nkey"
)
_WEAK = r"key|auth|authorization|pw|sid|session|cookie|seed|otp|psk|creds"
_WORDS = r"passw(?:or)?d|passphrase|pwd|secret|token|credential|api[-_]?key|access[-_]?key|private[-_]?key"
_SIGN = r"(?:: ?[A-Z][\w.<>\[\]|?]{0,32} ?=|:{1,3}=|=>|[.?+]=|={1,3}|!==?|:|,|\()"
_CLOSE = r"[\w.-]{0,24}[\"'`\\\])*]{0,4}[ \t]{0,32}"
_CALL = r"(?:[A-Za-z_\[*&][\w.:\[\]]{1,40}\([ \t]{0,4}){1,2}[@bu\\]{0,2}[\"'`]"
_PAIR = r"[\w.-]{0,24}[\"']?[,;]?\s{1,24}(?:- )?[\"']?value[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?"
_VALUE = r"(?:[^\s,;)({\[$<>]{4}|\[?[\"'`][^\s\"'`]{3})"
_BLOCK = r"[\w-]{0,24}\"\s{0,4}\{[^{}]{0,160}\bdefault\s{0,12}=\s{0,4}\"[^\s\"$]{5}"
_OPTION = r"[\"',]{0,3}[ \t]{1,3}[\"']?[^\s\"'<>$({\[-][^\s\"'<>$({\[]{4}"
_COMMANDS = r"mysql|mysqldump|mysqladmin|sshpass|docker login|plink|pscp"
EXPRESSIONS: Mapping[str, str] = {
    # Given to a name that says secret, or in quotes or at length to one that may.
    "strong": rf"(?i)(?:{_STRONG}){_CLOSE}{_SIGN}[ \t]{{0,32}}{_VALUE}",
    "weak": rf"(?i)(?:{_WEAK}){_CLOSE}{_SIGN}[ \t]{{0,32}}[\"'`\\@bu]{{0,3}}(?:base64:)?[\w+/=.~%-]{{12}}",
    "called": rf"(?i)(?:{_STRONG}|{_WEAK}){_CLOSE}{_SIGN}[ \t]{{0,32}}{_CALL}[^\s\"'`]{{5}}",
    "below": rf"(?i)(?:{_WORDS}){_CLOSE}(?:(?:=>|={{1,3}}|:)[ \t]{{0,2}}\(?|\()[ \t]{{0,4}}\r?\n[ \t]{{1,40}}"
    r"[\"'`][^\s\"'`]{8}",
    # Beside its name.
    "pair": rf"(?i)(?:{_WORDS}){_PAIR}[^\s\"'<>{{}}$]{{6}}",
    "element": rf"(?i)<(?:[\w:.-]{{0,40}}(?:{_WORDS})|pass)[\w.-]{{0,24}}(?: [^<>\n]{{1,64}})?>"
    r"[^\s<>${]{5}",
    "plist": rf"(?i)(?:{_WORDS})[\w .-]{{0,24}}</key>\s{{0,24}}<string>[^\s<>$]{{5}}",
    "block": rf"(?i)(?:{_WORDS}){_BLOCK}",
    # On command lines, in headers, URLs and statements.
    "option": rf"(?i)[ '\"\[(]--?[\w-]{{0,24}}(?:{_STRONG}){_OPTION}",
    "scheme": r"(?i)\b(?:basic|bearer|apikey|ntlm)[ \t]{1,4}[0-9A-Za-z+/_~.-]{8}",
    "url": r"://[^\s:/@\"'`<>]{0,64}:[^\s:/@\"'`<>]{3,128}@[0-9A-Za-z\[$]",
    "flag": r"(?i)[ '\"]-u[ =\"']{1,3}[^\s\"'$<:-][^\s\"'$<:]{0,40}:[^\s\"'$<]{4}",
    "command": rf"(?i)\b(?:{_COMMANDS})\b[^\n]{{0,80}} (?:-p ?|-pw )[\"']?[^\s\"'<>$-][^\s\"'<>$]{{4}}",
    "plain": r"(?i)ConvertTo-SecureString[ \t]{1,4}(?:-String[ \t]{1,4})?[\"'][^\s\"'$]{5}",
    "sql": r"(?i)(?:identified[ \t]{1,4}(?:with[ \t]{1,4}[\w']{1,32}[ \t]{1,4})?by"
    r"|(?:[\w;*-][ \t]{1,4}|\n)password)[ \t]{1,4}\\?[\"']{1,4}[^\s\"']{5}",
    # By their form, in files that hold such.
    "otp": r"(?i)\b[TH]OTP(?:\.new|\.parse)?[ \t]?\(?[ \t]?[\"'][A-Z2-7]{16}",
    "jwk": r"[\s{,\"'][dk][\"']?[ \t]{0,4}:[ \t]{0,4}[\"'][0-9A-Za-z_-]{22}",
    "crypt": r"(?m)^[^\s:$]{1,64}:\$[0-9a-z]{1,5}\$[^\s:]{8}",
    "pgpass": r"(?m)^[\w.*-]{1,128}:[0-9*]{1,5}:[^:\s]{1,64}:[^:\s]{1,64}:[^:\s]{5}",
}
"""What the pass looks for; a match ends a few characters into a value."""
LIMIT = 5_000
"""Values of one expression in one document that are looked at."""


def values(view: "View", ends: Mapping[str, Sequence[int]]) -> "Iterator[Value]":
    """What looks secret where the pass reported something, each once, in no order."""
    from scopeaudit.detect.readers import READERS

    seen: set[int] = set()
    for kind, found in ends.items():
        back, read = READERS[kind]
        for end in found[:LIMIT]:
            for each in read(view, end - back):
                if each.start not in seen and view.owns(each.start):
                    seen.add(each.start)
                    yield each
