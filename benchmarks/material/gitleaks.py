"""Gitleaks: true and false positives with which it generates its rules."""

import base64
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .example import Example, fitting_name
from .generated import from_pattern
from .go_source import Reader
from .go_words import CALLS, UNKNOWN, Call
from .providers import provider_of

NAME = "gitleaks"
_NO_RULES = {"config.go", "stopwords.go"}
_SHAPES_FOR_EACH = 3
"""It writes one secret in some 25 ways; so many of them are taken, so that it does not outweigh every other set."""
_ENDINGS = (
    ("json", ".json"), ("xml", ".xml"), ("yaml", ".yaml"), ("ini", ".ini"), ("C#", ".cs"), ("go", ".go"),
    ("java", ".java"), ("kotlin", ".kt"), ("php", ".php"), ("python", ".py"), ("make", ".mk"), ("misc", ".properties"),
)  # fmt: skip
_SHAPE = re.compile(r'^\s*"(?P<name>[\w# -]+)":\s*(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`),', re.MULTILINE)


def examples(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Both lists of every rule function."""
    generator = folder / "cmd" / "generate" / "config"
    shapes = _shapes((generator / "utils" / "generate.go").read_text(encoding="utf-8"))
    for file in sorted((generator / "rules").glob("*.go")):
        if file.name in _NO_RULES or file.name.endswith("_test.go"):
            continue
        reader = Reader(calls=_calls(file.name, shapes))
        functions = reader.read_file(file.read_text(encoding="utf-8"))
        reader.names.pop("newPlausibleSecret", None)
        for name, function in functions.items():
            names, _ = reader.run(function)
            rule = names.get("r")
            rule_id = rule.get("RuleID") if isinstance(rule, dict) else None
            provider = _provider(file.stem, rule_id if isinstance(rule_id, str) else "")
            for key, positive in (("tps", True), ("fps", False)):
                if key in names:
                    where = f"{file.name} {name} {key}"
                    yield from _listed(names[key], provider, positive, where, problems)


def _provider(stem: str, rule: str) -> str | None:
    if stem == "sidekiq":
        return "sidekiq"
    if stem == "azure" or rule.startswith("azure"):
        return "azure"
    return provider_of(stem)


def _listed(
    value: Any, provider: str | None, positive: bool, where: str, problems: list[str]
) -> Iterator[Example]:
    if value is UNKNOWN:
        problems.append(f"{NAME} {where}: built by code")
        return
    if isinstance(value, dict):
        for path, text in value.items():
            if isinstance(text, str):
                yield Example(NAME, provider, text.encode(), Path(path).name, positive)
        return
    for text in value or []:
        if isinstance(text, str):
            yield Example(NAME, provider, text.encode(), _file_name(text), positive)
        else:
            problems.append(f"{NAME} {where}: one is built by code")


class _Shaped(str):
    """A snippet with the file name that its shape asks for."""

    __slots__ = ("file_name",)
    file_name: str


def _file_name(text: str) -> str:
    return text.file_name if isinstance(text, _Shaped) else fitting_name(text)


def _shapes(source: str) -> dict[str, str]:
    """The ways in which a secret is written, by name."""
    reader = Reader()
    source = source[source.index("func GenerateSampleSecrets") :]
    found = {}
    for match in _SHAPE.finditer(source):
        reader.names.clear()
        reader.read_file(f"var text = {match['text']}\n")
        found[match["name"]] = reader.names["text"]
    return found


def _calls(file: str, shapes: dict[str, str]) -> dict[str, Call]:
    chance = random.Random(file)

    def sample(arguments: list[Any]) -> str:
        return f'{arguments[0]}_api_token = "{arguments[1]}"'

    def samples(arguments: list[Any]) -> list[str]:
        name, secret = arguments
        found: list[str] = []
        for shape in chance.sample(sorted(shapes), _SHAPES_FOR_EACH):
            text = shapes[shape].replace("{i}", name).replace("{I}", name.upper()).replace("{s}", secret)
            shaped = _Shaped(text)
            shaped.file_name = "text" + next(
                (end for start, end in _ENDINGS if shape.startswith(start)), ".txt"
            )
            found.append(shaped)
        return found

    def plausible(arguments: list[Any]) -> str:
        """With a digit, as its own generator does."""
        while True:
            made = from_pattern(arguments[0], chance)
            if any(each in "123456789" for each in made):
                return made

    def sized(alphabet: str) -> Call:
        return lambda arguments: f"[{alphabet}]{{{arguments[0]}}}"

    return CALLS | {
        "utils.GenerateSampleSecret": sample,
        "utils.GenerateSampleSecrets": samples,
        "secrets.NewSecret": lambda arguments: from_pattern(arguments[0], chance),
        "newPlausibleSecret": plausible,
        "base64.StdEncoding.EncodeToString": lambda arguments: base64.b64encode(
            arguments[0].encode()
        ).decode(),
        "utils.Numeric": sized("0-9"),
        "utils.Hex": sized("a-f0-9"),
        "utils.AlphaNumeric": sized("a-z0-9"),
        "utils.AlphaNumericExtendedShort": sized("a-z0-9_-"),
        "utils.AlphaNumericExtended": sized("a-z0-9=_\\-"),
        "utils.AlphaNumericExtendedLong": sized("a-z0-9\\/=_\\+\\-"),
        "utils.Hex8_4_4_4_12": lambda _: "-".join(f"[0-9a-f]{{{size}}}" for size in (8, 4, 4, 4, 12)),
    }
