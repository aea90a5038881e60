r"""Private keys in PEM as one text, however they are written into a file.

The same key stands on lines of its own, indented in YAML, with `\n` in JSON, as strings put together in a
program, behind the prefixes of a log. All of these are one secret. Layout: RFC 7468 and RFC 1421.
"""

import re

BEGIN = "-----BEGIN "
_LABEL = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_LINE = 64
_JOINT = re.compile(r"[\"'`][\s+.,&()\\]{0,64}[\"'`]")
"""Between two strings that a program puts together."""
_BREAK = re.compile(r"\\{1,8}[rn]")
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]{1,32}):\s*(.*)")
_BASE64 = re.compile(r"[0-9A-Za-z+/=]+")
_AROUND = " \t\r\"'`,;\\"


def normal_key(text: str) -> str:
    """A key in PEM with lines of 64 characters and nothing around them; any other text as it is."""
    begin = _LABEL.match(text)
    if begin is None:
        return text
    end = text.find("-----END", begin.end())
    body = text[begin.end() : end if end >= 0 else len(text)]
    headers, content = _read(body)
    if not content:
        return text
    lines = [begin.group()]
    lines += [*headers, ""] if headers else []
    lines += [content[start : start + _LINE] for start in range(0, len(content), _LINE)]
    if end >= 0:
        lines.append(f"-----END {begin.group(1)}-----")
    return "\n".join(lines)


def tail(text: str) -> str | None:
    """The last characters of what a normal key holds; `None` for any other text."""
    if not text.startswith(BEGIN):
        return None
    lines = [line for line in text.split("\n") if not line.startswith("-----")]
    return "".join(lines[-2:]).rstrip("=")


def _read(body: str) -> tuple[list[str], str]:
    """Headers and the base64 of what stands between the marks."""
    plain = _BREAK.sub("\n", _JOINT.sub("", body)).replace("\\/", "/")
    headers: list[str] = []
    content: list[str] = []
    for line in plain.split("\n"):
        written = line.strip(_AROUND)
        header = _HEADER.fullmatch(written)
        if header and not content:
            headers.append(f"{header.group(1)}: {header.group(2).strip()}")
            continue
        words = written.split()
        if all(_BASE64.fullmatch(word) for word in words):
            content.extend(words)
        elif _BASE64.fullmatch(words[-1]):
            content.append(words[-1])
    return headers, "".join(content)
