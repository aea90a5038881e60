"""Resources and data sources of Terraform and OpenTofu: what a provider asks to keep them as written.

A resource is created, read, changed and deleted by the one who applies. Types of AWS are named after the
calls of its interface, so theirs are derived: https://hashicorp.github.io/terraform-provider-aws/naming/
"""

import re
from collections.abc import Iterator

from scopeaudit.jobs.use.found import Found
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.jobs.use.names.aws import AwsNames
from scopeaudit.jobs.use.scripts.passages import Passage
from scopeaudit.model.use import UseKind

_BLOCK = re.compile(r'^\s*"?(resource|data|backend)"?\s+"([\w-]{1,80})"(?:\s+"[\w-]{1,200}")?\s*\{')
_HERE = re.compile(r"<<-?\s*\"?(\w+)\"?\s*$")
_COMMAND = re.compile(r'^\s*command\s*=\s*"((?:\\.|[^"\\])*)"')
_CREATES = ("create", "put", "register")
_READS = ("get", "describe", "list", "head")
_CHANGES = ("update", "modify", "put", "set")
_DELETES = ("delete", "deregister")
# https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
_STATE = frozenset({"s3:ListBucket", "s3:GetObject", "s3:PutObject"})
_LOCK = frozenset({"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"})


def terraform_uses(text: str, knowledge: Knowledge) -> Iterator[Found]:
    """What the blocks of a file use of the providers that are looked for."""
    backend = False
    for line, offset in _lines(text):
        found = _BLOCK.match(line)
        if found is None:
            if backend and "dynamodb_table" in line and "aws" in knowledge.uses:
                yield Found("aws", _LOCK, UseKind.SDK, "backend s3, its table of locks", offset)
            continue
        block, kind = found.group(1), found.group(2)
        backend = block == "backend" and kind == "s3"
        if backend and "aws" in knowledge.uses:
            yield Found("aws", _STATE, UseKind.SDK, "backend s3", offset)
        elif block != "backend":
            yield from _of_type(block, kind, offset, knowledge)


def terraform_commands(text: str) -> Iterator[Passage]:
    """Commands that Terraform starts on the machine it runs on."""
    if "local-exec" not in text:
        return
    for line, offset in _lines(text):
        found = _COMMAND.match(line)
        if found is not None:
            yield Passage(found.group(1).replace('\\"', '"').replace("\\n", "\n"), offset + found.start(1))


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """The lines that are no comment and in no here-document, with their offsets."""
    offset, comment = 0, False
    tag: str | None = None
    for line in text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        plain = line.strip()
        if tag is not None:
            tag = None if plain == tag else tag
            continue
        if comment:
            comment = "*/" not in plain
            continue
        if plain.startswith("/*"):
            comment = "*/" not in plain
            continue
        if plain.startswith(("#", "//")):
            continue
        here = _HERE.search(line.rstrip())
        tag = here.group(1) if here else None
        yield line, start


def _of_type(block: str, kind: str, offset: int, knowledge: Knowledge) -> Iterator[Found]:
    for provider, rules in knowledge.uses.items():
        listed = rules.resources if block == "resource" else rules.data
        operations = listed.get(kind)
        if operations is None and provider == "kubernetes" and kind.startswith("kubernetes_"):
            operations = listed.get("kubernetes_*")
        named = frozenset(operations) if operations is not None else frozenset[str]()
        if operations is None and provider == "aws" and kind.startswith("aws_") and knowledge.aws is not None:
            named = derived(knowledge.aws, kind, reads=block == "data")
        if named:
            yield Found(provider, named, UseKind.SDK, f"{block} {kind}", offset)


def derived(names: AwsNames, kind: str, *, reads: bool) -> frozenset[str]:
    """The actions for a type of AWS, if its interface has calls of that name; nothing where it has none."""
    parts = kind.split("_")[1:]
    for length in (3, 2, 1):
        service = names.service("_".join(parts[:length])) if len(parts) > length else None
        if service is not None:
            found = _calls(names, service, "_".join(parts[length:]), reads=reads)
            if found:
                return found
    return _calls(names, "ec2", "_".join(parts), reads=reads)


def _calls(names: AwsNames, service: str, noun: str, *, reads: bool) -> frozenset[str]:
    read = _first(names, service, noun, _READS)
    if reads:
        return read
    made = _first(names, service, noun, _CREATES)
    if not made:
        return frozenset()
    return made | read | _first(names, service, noun, _CHANGES) | _first(names, service, noun, _DELETES)


def _first(names: AwsNames, service: str, noun: str, verbs: tuple[str, ...]) -> frozenset[str]:
    plurals = (noun, f"{noun}s", f"{noun}es", f"{noun.removesuffix('y')}ies", f"{noun}_attributes")
    for verb in verbs:
        for each in plurals:
            found = names.operations(service, f"{verb}_{each}")
            if found:
                return found
    return frozenset()
