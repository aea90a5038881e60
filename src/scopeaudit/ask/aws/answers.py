"""Reads the XML that STS and IAM answer with. Hostile input costs no more than its size."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from scopeaudit.ask.request import Answer

MOST_CHARACTERS = 4_000_000
MOST_LEVELS = 24
_CODE = re.compile(r"[A-Za-z0-9.]{1,80}")
_OK = 200

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
NO_SUCH_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"})
WRONG_SECRET = frozenset({"SignatureDoesNotMatch", "IncompleteSignature", "InvalidSignatureException"})
REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
)
INVALID_INPUT = frozenset({"InvalidInput", "ValidationError", "InvalidParameterValue"})
"""Error codes. Sources: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""


@dataclass(frozen=True, slots=True)
class Said:
    """What AWS answered: a result, or the code of an error, or why neither could be read."""

    status: int
    result: Mapping[str, object] | None = None
    """Below `<ActionResult>`: text, mappings, and lists where AWS writes `<member>`."""
    code: str | None = None
    failure: str | None = None


def read_answer(action: str, answer: Answer) -> Said:
    """What an answer to an action says."""
    if answer.failure is not None:
        return Said(answer.status, failure=answer.failure)
    if not isinstance(answer.body, str) or len(answer.body) > MOST_CHARACTERS:
        return Said(answer.status, failure="the answer is not the XML that AWS documents")
    root = _parse(answer.body)
    value = _value(root) if root is not None else None
    if root is None or not isinstance(value, dict):
        return Said(answer.status, failure="the answer is not the XML that AWS documents")
    if answer.status != _OK:
        code = text_at(value, "Error", "Code") or text_at(value, "Errors", "Error", "Code")
        if code is None or not _CODE.fullmatch(code):
            return Said(answer.status, failure=f"an answer of status {answer.status} that gives no reason")
        return Said(answer.status, code=code)
    result = value.get(f"{action}Result")
    if _local(root.tag) != f"{action}Response" or not isinstance(result, dict):
        return Said(answer.status, failure="the answer is of another action")
    return Said(answer.status, result=result)


def text_at(value: object, *path: str) -> str | None:
    """The text below these names; `None` where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None


def list_at(value: object, *path: str) -> tuple[object, ...]:
    """The members of the list below these names; empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return tuple(value) if isinstance(value, list) else ()


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """A document type, or nesting beyond all reason."""


class _Builder(TreeBuilder):
    """Refuses document types, and with them every entity, and deep nesting."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._level += 1
        if self._level > MOST_LEVELS:
            raise _Refused
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._level -= 1
        return super().end(tag)

    def doctype(self, *_declared: str | None) -> None:
        """Called by the parser where a document type stands."""
        raise _Refused


def _parse(text: str) -> Element | None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    parser = XMLParser(target=_Builder())  # noqa: S314 - document types are refused twice over
    try:
        parser.feed(text.encode("utf-8", "replace"))
        root = parser.close()
    except (ParseError, _Refused, ValueError, LookupError):
        return None
    return root if isinstance(root, Element) else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: Element) -> object:
    """Text, a list where every child is `<member>`, else a mapping; the first of equal names counts."""
    if not len(element):
        return (element.text or "").strip()
    if all(_local(child.tag) == "member" for child in element):
        return [_value(child) for child in element]
    found: dict[str, object] = {}
    for child in element:
        found.setdefault(_local(child.tag), _value(child))
    return found
