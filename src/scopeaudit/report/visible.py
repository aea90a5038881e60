"""Text from outside made safe to look at."""

_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
"""Characters that count as printable and show nothing.

Source: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point and U+2800 BRAILLE PATTERN BLANK.
"""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""The text with everything that does not show as itself written as an escape.

    Control characters, terminal escapes, line and paragraph separators, bidirectional overrides,
    zero-width characters, unusual spaces, unassigned characters and lone surrogates become `\n`,
    `\x1b`, `\u202e` or `\U000e0041`. Nothing else changes, so text may be read aloud but not parsed back.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() and character not in _BLANK:
        return character
    if character in _SHORT:
        return _SHORT[character]
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
