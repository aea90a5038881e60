"""What a command of a shell uses: listed programs, and addresses, SQL and GraphQL among arguments."""

import re
from collections.abc import Iterator

from scopeaudit.catalogue.use_rules import Program
from scopeaudit.jobs.use.found import Found, FoundSql
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.jobs.use.names.aws import AwsNames
from scopeaudit.jobs.use.routes import HOLE, METHODS
from scopeaudit.jobs.use.scripts.shell import Command, Script, program_of
from scopeaudit.jobs.use.sql.statements import is_sql
from scopeaudit.model.use import UseKind

_HOLES = re.compile(
    r"\$\{\{.*?\}\}|\$\{[^}]*\}|\$\((?:[^()]|\([^()]*\))*\)|\$[A-Za-z_]\w*|`[^`]*`|\{[A-Za-z_]\w*\}|<[a-z_]+>"
)
_BUCKET = re.compile(r"\As3://([a-z0-9][a-z0-9.-]{2,62})(?:/|\Z)")
_LOADERS = frozenset(
    {"curl", "wget", "http", "https", "xh", "Invoke-RestMethod", "Invoke-WebRequest", "irm", "iwr"}
)
_SENDING = (
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--json",
    "-F",
    "--form",
    "--post-data",
    "-Body",
    "--form-string",
)
_CLIENTS = {
    "psql": ("postgresql", ("-c", "--command")),
    "mysql": ("mysql", ("-e", "--execute")),
    "mariadb": ("mysql", ("-e", "--execute")),
}
_METHOD_OPTIONS = ("-X", "--request", "--method", "-Method")


class Commands:
    """Reads commands with what is known of programs."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def read(self, script: Script, command: Command, context: str) -> Iterator[Found | FoundSql]:
        """What one command uses; `context` is the file's text in lower case."""
        words = [script.expand(word) for word in command.words]
        if words and (words[0] != command.words[0] or " " in words[0]):
            words = program_of([*words[0].split(), *words[1:]])
        program, arguments = words[0] if words else "", words[1:]
        if not program or "--help" in arguments:
            return
        if program in _CLIENTS:
            yield from self._sql(program, arguments, command)
        elif program in _LOADERS:
            yield from self._loaded(program, arguments, command.offset)
        elif program == "gh" and arguments[:1] == ["api"]:
            yield from self._github_api(arguments[1:], command.offset)
        if program in ("sh", "bash", "zsh"):
            inner = next((word for word in arguments if not word.startswith("-")), "")
            for each in script.commands(inner, command.offset, 1) if " " in inner else ():
                yield from self.read(script, each, context)
        for provider, listed in self.knowledge.programs.get(program, ()):
            yield from self._listed(provider, listed, program, arguments, command.offset, context)

    def _listed(
        self, provider: str, listed: Program, program: str, arguments: list[str], offset: int, context: str
    ) -> Iterator[Found]:
        positional, options = _parts(arguments, listed.valued)
        if provider == "aws" and program == "aws":
            found = self._aws(positional, options)
            if found is not None:
                operations, shown, resources = found
                yield Found("aws", operations, UseKind.COMMAND, f"aws {shown}", offset, resources)
                return
        if provider == "stripe":
            yield from self._stripe(positional, offset)
        if "--dryrun" in options:
            return
        if "--dry-run" in options and not options & {"--dry-run=server", "--dry-run=none", "--dry-run=false"}:
            return
        matching = [
            each for each in listed.commands if positional[: len(each.run.split())] == each.run.split()
        ]
        longest = max((len(each.run.split()) for each in matching), default=0)
        operations = frozenset(
            operation
            for each in matching
            if len(each.run.split()) == longest
            and (not each.given or options & set(each.given))
            and not options & set(each.unless)
            and len(positional) - longest >= each.words
            for operation in each.operations
        )
        if not operations:
            return
        shown = " ".join((program, *positional[:longest]))
        if provider == "docker":
            yield from self._registry(operations, shown, arguments, offset, context)
        else:
            yield Found(
                provider, operations, UseKind.COMMAND, shown, offset, _objects(provider, positional[longest:])
            )

    def _registry(
        self, operations: frozenset[str], shown: str, arguments: list[str], offset: int, context: str
    ) -> Iterator[Found]:
        """Whose registry an image is pushed to."""
        images = [word for word in arguments if "/" in word and not word.startswith(("-", "."))]
        image = images[-1] if images else ""
        host = image.partition("/")[0]
        whose = host if "." in host and not host.startswith("$") else context if "$" in image else host
        if "dkr.ecr." in whose or "amazon-ecr-login" in whose:
            aws = self.knowledge.aws
            if aws is not None:
                yield Found(
                    "aws", aws.operations("ecr", "push-image"), UseKind.COMMAND, f"{shown} (ECR)", offset
                )
        elif whose in (host, "docker.io", "registry-1.docker.io") and "." in host and host != "docker.io":
            return
        elif not any(
            other in whose
            for other in ("ghcr.io", "pkg.dev", "gcr.io", "azurecr.io", "quay.io", "registry.gitlab")
        ):
            yield Found("docker", operations, UseKind.COMMAND, shown, offset)

    def _aws(
        self, positional: list[str], options: set[str]
    ) -> tuple[frozenset[str], str, tuple[str, ...]] | None:
        aws = self.knowledge.aws
        if aws is None or len(positional) < 2:
            return None
        service, call = positional[:2]
        if service == "s3" and call in ("cp", "sync", "mv", "ls"):
            operations = _copied(call, positional[2:], options)
            if "--dryrun" in options:
                operations &= {"s3:ListBucket"}
            buckets = {found.group().rstrip("/") for word in positional[2:] if (found := _BUCKET.match(word))}
            return operations, f"s3 {call}", tuple(sorted(buckets))
        prefix = aws.service(service)
        if prefix is None or service == "s3":
            return None
        if call == "wait" and len(positional) > 2:
            call = positional[2]
        waits = positional[1] == "wait"
        named = aws.operations(prefix, call)
        operations = _waited(aws, prefix, call) if waits and not named else named
        shown = f"{service} wait {call}" if waits else f"{service} {call}"
        return (operations, shown, ()) if operations else None

    def _stripe(self, positional: list[str], offset: int) -> Iterator[Found]:
        names = self.knowledge.stripe
        if names is None or len(positional) < 2:
            return
        if positional[0] in ("get", "post", "delete"):
            yield from self._routed(
                positional[0].upper(), "api.stripe.com", positional[1], offset, UseKind.COMMAND
            )
            return
        for length in (1, 2):
            if len(positional) > length:
                identity = names.find(positional[:length], positional[length].replace("-", "_"))
                if identity is not None:
                    shown = " ".join(("stripe", *positional[: length + 1]))
                    yield Found("stripe", frozenset({identity}), UseKind.COMMAND, shown, offset)
                    return

    def _sql(self, program: str, arguments: list[str], command: Command) -> Iterator[FoundSql]:
        provider, options = _CLIENTS[program]
        if provider not in self.knowledge.uses:
            return
        for position, word in enumerate(arguments):
            name, equals, value = word.partition("=")
            short = word[:2] in options and len(word) > 2 and not word.startswith("--")
            if name in options:
                yield FoundSql(
                    value if equals else " ".join(arguments[position + 1 : position + 2]),
                    command.offset,
                    provider,
                )
            elif short or (
                word.startswith("-")
                and not word.startswith("--")
                and word[-1:] == options[0][1]
                and len(word) > 2
            ):
                text = (
                    word[2:]
                    if short and is_sql(word[2:])
                    else " ".join(arguments[position + 1 : position + 2])
                )
                yield FoundSql(text, command.offset, provider)
        if command.body is not None:
            yield FoundSql(command.body, command.body_offset, provider)

    def _loaded(self, program: str, arguments: list[str], offset: int) -> Iterator[Found]:
        """The address a program loads, and what it sends there."""
        method, address, sent = _request(arguments)
        if (
            method is None
            and program in ("http", "https", "xh")
            and arguments
            and arguments[0].upper() in METHODS
        ):
            method = arguments[0].upper()
        if address is None:
            return
        plain = _HOLES.sub(HOLE, address)
        found = re.match(r"\A(?:https?://)?([^/\s?]+)(/.*)?\Z", plain.strip("'\""))
        if found is None:
            return
        host, path = found.group(1), found.group(2) or "/"
        if host.startswith(HOLE):
            named = re.sub(r"[^a-z]", "", address[: address.find("/")].lower())
            host = next(self._named(named), host)
        sending = method or ("POST" if sent is not None else "GET")
        yield from self._routed(sending, host.lower(), path, offset, UseKind.HTTP)
        if sent is not None:
            yield from self.graphql(sent, host.lower(), path, offset)

    def _named(self, name: str) -> Iterator[str]:
        """A host for a variable named after its provider, `$SUPABASE_URL`."""
        for provider, rules in self.knowledge.uses.items():
            if provider in name and rules.hosts:
                yield rules.hosts[-1].partition("/")[0].replace("*", "project")

    def _routed(self, method: str, host: str, path: str, offset: int, by: UseKind) -> Iterator[Found]:
        for provider in self.knowledge.uses:
            routes = self.knowledge.routes(provider)
            rest = routes.path_of(host, path)
            route = routes.find(method, rest) if rest is not None else None
            if route is not None:
                yield Found(provider, route.operations, by, f"{route.method} {route.path}", offset)

    def graphql(self, text: str, host: str, path: str, offset: int) -> Iterator[Found]:
        """The fields of documents that are sent to a host."""
        from scopeaudit.jobs.use.graphql import fields

        for provider, rules in self.knowledge.uses.items():
            speaks = provider == "railway" or rules.fields
            if speaks and self.knowledge.routes(provider).path_of(host, path) is not None:
                for each in fields(text.replace("\\n", "\n").replace('\\"', '"')):
                    operations = self.fields_of(provider, each.name)
                    if operations:
                        yield Found(
                            provider, operations, UseKind.HTTP, f"{each.operation} {each.name}", offset
                        )

    def fields_of(self, provider: str, name: str) -> frozenset[str]:
        """The operations of a root field."""
        rules = self.knowledge.uses[provider]
        if rules.fields:
            return frozenset(rules.fields.get(name, ()))
        return frozenset({name}) & self.knowledge.catalogue(provider).ids

    def _github_api(self, arguments: list[str], offset: int) -> Iterator[Found]:
        """`gh api PATH`: a method if given, POST where fields are."""
        if "github" not in self.knowledge.uses:
            return
        positional, _ = _parts(
            arguments,
            (
                "-X",
                "--method",
                "-H",
                "--header",
                "-f",
                "-F",
                "--field",
                "--raw-field",
                "--input",
                "-q",
                "--jq",
                "-t",
                "--template",
                "--hostname",
                "--cache",
                "-p",
                "--preview",
            ),
        )
        if not positional:
            return
        method, _, _ = _request(arguments)
        sends = any(
            word.partition("=")[0] in ("-f", "-F", "--field", "--raw-field", "--input") for word in arguments
        )
        if positional[0] == "graphql":
            text = "\n".join(word.partition("query=")[2] for word in arguments if "query=" in word)
            yield from self.graphql(text, "api.github.com", "/graphql", offset)
            return
        path = _HOLES.sub(HOLE, positional[0])
        yield from self._routed(
            method or ("POST" if sends else "GET"),
            "api.github.com",
            f"/{path.lstrip('/')}",
            offset,
            UseKind.COMMAND,
        )


def _waited(names: AwsNames, prefix: str, call: str) -> frozenset[str]:
    """What a waiter asks for: `services-stable` describes services, `bucket-exists` looks at the bucket."""
    noun = call.rpartition("-")[0]
    for verb, ending in (("describe-", "s"), ("describe-", ""), ("head-", ""), ("get-", ""), ("list-", "s")):
        found = names.operations(prefix, f"{verb}{noun.removesuffix('s') if ending else noun}{ending}")
        if found:
            return found
    return frozenset()


def _copied(call: str, places: list[str], options: set[str]) -> frozenset[str]:
    """What `aws s3 cp`, `sync`, `mv` and `ls` do: https://docs.aws.amazon.com/cli/latest/userguide/cli-services-s3-commands.html"""
    stored = [place.startswith("s3://") for place in places[:2]]
    if call == "ls":
        return frozenset({"s3:ListBucket" if any(stored) else "s3:ListAllMyBuckets"})
    if len(stored) < 2 or not any(stored):
        if any(stored) or not places:
            return frozenset()
        stored = [places[0].startswith("s3://"), len(places) < 2 or not places[0].startswith("s3://")]
    source, target = stored
    found = {"s3:GetObject"} if source else set()
    found |= {"s3:PutObject"} if target else set()
    if call == "sync" or (source and "--recursive" in options):
        found.add("s3:ListBucket")
    if (call == "mv" and source) or (call == "sync" and target and "--delete" in options):
        found.add("s3:DeleteObject")
    return frozenset(found)


def _objects(provider: str, words: list[str]) -> tuple[str, ...]:
    """The kinds of objects a command of Kubernetes names."""
    if provider != "kubernetes" or not words:
        return ()
    kind = words[0].partition("/")[0]
    return (kind,) if re.fullmatch(r"[a-z][a-z.-]{2,40}", kind) else ()


def _parts(arguments: list[str], valued: tuple[str, ...]) -> tuple[list[str], set[str]]:
    """Words that are no options, without the values of those known to take one, and the options."""
    positional: list[str] = []
    options: set[str] = set()
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word.startswith("-") and len(word) > 1:
            options.add(word.partition("=")[0])
            if word.startswith("--dry-run="):
                options.add(word)
            skip = word in valued
        elif re.fullmatch(r"\d?>{1,2}&?\S*|<\S*|\d>&\d", word) is None:
            positional.append(word)
    return positional, options


def _request(arguments: list[str]) -> tuple[str | None, str | None, str | None]:
    """Method, address and sent text of a program that loads addresses."""
    method = address = sent = None
    previous = ""
    for word in arguments:
        name, equals, value = word.partition("=")
        if previous in _METHOD_OPTIONS or (name in _METHOD_OPTIONS and equals):
            method = (value if equals and name in _METHOD_OPTIONS else word).upper()
        elif re.fullmatch(r"-X[A-Za-z]+", word):
            method = word[2:].upper()
        elif previous in _SENDING:
            sent = word
        elif name in _SENDING and (equals or name.startswith("--")):
            sent = value if equals else ""
        elif word in ("-T", "--upload-file"):
            method = method or "PUT"
        elif word in ("-I", "--head"):
            method = method or "HEAD"
        elif word in ("-G", "--get"):
            method = method or "GET"
        elif (
            address is None
            and not word.startswith("-")
            and ("://" in word or re.match(r"[\w.-]+\.[a-z]{2,}/|\$\{?\w+\}?/", word))
        ) or previous == "--url":
            address = word
        previous = word
    return (method if method in METHODS else None), address, sent
