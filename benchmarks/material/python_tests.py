"""detect-secrets and CredSweeper: payloads in the parameters of Python tests, evaluated without running them."""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .example import Example, fitting_name
from .providers import provider_of

_PLUGINS_LEFT_OUT = {"base_test", "high_entropy_strings_test", "ip_public_test"}
_NOT_ABOUT_LINES = ("verif", "find_", "get_")
"""Tests of what a plugin does after it has found something."""


class UnreadableError(Exception):
    """An expression that is more than constants."""


def detect_secrets(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Parametrised lines of its plugins' tests."""
    for file in sorted((folder / "tests" / "plugins").glob("*_test.py")):
        if file.stem in _PLUGINS_LEFT_OUT:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = _constants(tree)
        provider = provider_of(file.stem.removesuffix("_test").replace("basic_auth", "basicauth"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not any(word in node.name for word in _NOT_ABOUT_LINES):
                for list_node in _parameter_lists(node):
                    yield from _lines(file, node.name, list_node, names, provider, problems)


def _lines(
    file: Path, test: str, node: ast.expr, names: dict[str, Any], provider: str | None, problems: list[str]
) -> Iterator[Example]:
    elements = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    values: list[Any] = []
    if not elements:
        try:
            values = list(evaluate(node, names))
        except (UnreadableError, TypeError):
            problems.append(f"detect-secrets {file.name} {test}: built by code")
    for element in elements:
        try:
            values.append(evaluate(element, names))
        except (UnreadableError, TypeError):
            problems.append(f"detect-secrets {file.name} {test}: one is built by code")
    for value in values:
        if isinstance(value, tuple) and len(value) == 3:
            ending, text, expected = value
            if isinstance(text, str):
                yield Example("detect-secrets", provider, text.encode(), f"text.{ending}", bool(expected))
            continue
        text, expected = value[:2] if isinstance(value, tuple | list) and len(value) > 1 else (value, True)
        if isinstance(text, str) and not isinstance(text, bool):
            yield Example("detect-secrets", provider, text.encode(), fitting_name(text), bool(expected))


def credsweeper_rules(folder: Path, problems: list[str]) -> Iterator[Example]:
    """The `lines` fixtures of CredSweeper's rule tests."""
    for file in sorted((folder / "tests" / "rules").glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = _constants(tree)
        for class_ in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            rule = ""
            lists: list[ast.expr] = []
            for function in (node for node in class_.body if isinstance(node, ast.FunctionDef)):
                if function.name == "rule_name" and isinstance(function.body[-1], ast.Return):
                    rule = str(getattr(function.body[-1].value, "value", ""))
                if function.name == "lines":
                    lists += _parameter_lists(function)
            for node in lists:
                try:
                    groups = list(evaluate(node, names))
                except (UnreadableError, TypeError):
                    problems.append(f"CredSweeper {file.name}: built by code")
                    continue
                for lines in groups:
                    text = "\n".join(lines) if isinstance(lines, list) else str(lines)
                    yield Example("CredSweeper", provider_of(rule), text.encode(), fitting_name(text), True)


def _parameter_lists(function: ast.FunctionDef) -> list[ast.expr]:
    """The second argument of `parametrize`, or `params` of a fixture."""
    found = []
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        name = ast.unparse(decorator.func)
        if name.endswith("parametrize") and len(decorator.args) > 1:
            found.append(decorator.args[1])
        if name.endswith("fixture"):
            found += [keyword.value for keyword in decorator.keywords if keyword.arg == "params"]
    return found


def _constants(tree: ast.Module) -> dict[str, Any]:
    # Of a random digit: left out.
    names: dict[str, Any] = {"LONG_LINE": ""}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            name = target.id if isinstance(target, ast.Name) else ast.unparse(target)
            try:
                names.setdefault(name, evaluate(node.value, names))
            except (UnreadableError, TypeError):
                continue
    return names


def evaluate(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of an expression of constants, concatenation, `format`, `join` and `dedent`."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List):
        return [evaluate(each, names) for each in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(evaluate(each, names) for each in node.elts)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return evaluate(node.left, names) + evaluate(node.right, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return evaluate(node.left, names) * evaluate(node.right, names)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(evaluate(each, names)) for each in node.values)
    if isinstance(node, ast.FormattedValue):
        return evaluate(node.value, names)
    if isinstance(node, ast.Subscript):
        return _subscript(node, names)
    if isinstance(node, ast.Call):
        return _call(node, names)
    if isinstance(node, ast.Attribute) and ast.unparse(node) in names:
        return names[ast.unparse(node)]
    raise UnreadableError(ast.dump(node)[:60])


def _subscript(node: ast.Subscript, names: dict[str, Any]) -> Any:
    value = evaluate(node.value, names)
    if isinstance(node.slice, ast.Slice):
        first = evaluate(node.slice.lower, names) if node.slice.lower else None
        last = evaluate(node.slice.upper, names) if node.slice.upper else None
        return value[first:last]
    return value[evaluate(node.slice, names)]


def _call(node: ast.Call, names: dict[str, Any]) -> Any:
    arguments = [evaluate(each, names) for each in node.args]
    keywords = {str(each.arg): evaluate(each.value, names) for each in node.keywords}
    name = ast.unparse(node.func)
    if name == "parse_test_cases":
        return [(ending, *case) for ending, cases in arguments[0] for case in cases if case[0]]
    if name == "textwrap.dedent":
        return textwrap.dedent(arguments[0])
    if isinstance(node.func, ast.Attribute):
        value = evaluate(node.func.value, names)
        if isinstance(value, str) and node.func.attr in {
            "format",
            "join",
            "upper",
            "lower",
            "strip",
            "replace",
        }:
            return getattr(value, node.func.attr)(*arguments, **keywords)
    raise UnreadableError(name)
