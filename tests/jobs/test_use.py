"""What is recognised as a use, in which language, and what is not."""

from pathlib import Path

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.use import Seen, Use, UseKind
from tests.pace import within

RULES = load_rules()


def uses_of(files: dict[str, str], *providers: str) -> tuple[Use, ...]:
    reader = UseReader(RULES, providers or None)
    for path, text in files.items():
        reader.take(Document(Source.TREE, path, text.encode()))
    return reader.uses()


def named(files: dict[str, str]) -> set[str]:
    found = uses_of(files)
    return {
        f"{use.provider} {each}" for use in found if use.by is not UseKind.WORKFLOW for each in use.operations
    }


BOTO3 = 'import boto3\nclass Store:\n    def __init__(self):\n        self.c = boto3.client("s3")\n'


def test_a_use_says_what_was_seen_and_where() -> None:
    text = f"{BOTO3}    def put(self, b):\n        self.c.put_object(Bucket=b)\n"
    place = Location(Source.TREE, "a/store.py", 6)
    expected = Use("aws", frozenset({"s3:PutObject"}), place, UseKind.SDK, "s3 put_object")
    assert uses_of({"a/store.py": text}) == (expected,)


def test_a_call_counts_where_it_is_written_and_not_where_its_answer_is_used() -> None:
    texts = {
        "a.js": "const pr = await octokit.pulls.get({ owner });\nconsole.log(pr.data.id());\npr.data.list();\n",
        "b.js": "const s = await stripe.prices.list();\ns.data.map(f);\ns.data.forEach(f);\n",
        "c.py": f"{BOTO3}\nout = Store().c.get_object()\nout.read()\nout.get_body().close()\n",
    }
    assert [(use.location.path, use.location.line) for use in uses_of(texts)] == [
        ("c.py", 6),
        ("a.js", 1),
        ("b.js", 1),
    ]


def test_uses_are_sorted_and_given_once() -> None:
    files = {"b.sh": "gh pr list\ngh pr list\n", "a.sh": "twine upload dist/*; gh pr list\n"}
    found = [(use.provider, use.location.path, use.location.line) for use in uses_of(files)]
    assert found == [("github", "a.sh", 1), ("github", "b.sh", 1), ("github", "b.sh", 2), ("pypi", "a.sh", 1)]


def test_only_the_chosen_providers_are_looked_for() -> None:
    files = {"a.sh": "twine upload dist/*\ngh pr list\nnpm publish\n"}
    assert {use.provider for use in uses_of(files, "npm")} == {"npm"}


AWS_CALLS = {
    "boto3 bound by name": ("a.py", 'import boto3\nq = boto3.client("sqs")\nq.purge_queue(QueueUrl=u)', "sqs:PurgeQueue"),
    "boto3 paginator": ("a.py", f'{BOTO3}\ns.c.get_paginator("list_objects_v2")', "s3:ListBucket"),
    "javascript command": (
        "a.ts",
        'import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";\nc.send(new InvokeCommand({}));',
        "lambda:InvokeFunction",
    ),
    "javascript command that ends in Request": (
        "a.ts",
        'import { PostCommentForPullRequestCommand } from "@aws-sdk/client-codecommit";\n'
        "c.send(new PostCommentForPullRequestCommand({}));",
        "codecommit:PostCommentForPullRequest",
    ),
    "go input": (
        "a.go",
        'import "github.com/aws/aws-sdk-go-v2/service/ecs"\nfunc f() { c.UpdateService(ctx, &ecs.UpdateServiceInput{}) }',
        "ecs:UpdateService",
    ),
    "rust builder": (
        "a.rs",
        "use aws_sdk_sqs::Client;\nasync fn f(c: &Client) { c.send_message().queue_url(u).send().await; }",
        "sqs:SendMessage",
    ),
    "ruby client": ("a.rb", 'require "aws-sdk-ses"\nAws::SES::Client.new.send_email(x)', "ses:SendEmail"),
    "php client": (
        "a.php",
        "<?php use Aws\\Sns\\SnsClient; $s = new SnsClient([]); $s->publish(['Message' => 'x']);",
        "sns:Publish",
    ),
    "kotlin request": (
        "a.kt",
        "import aws.sdk.kotlin.services.ssm.SsmClient\nval r = GetParameterRequest { name = n }\nssm.getParameter(r)",
        "ssm:GetParameter",
    ),
    "c# request": ("a.cs", "using Amazon.SQS;\nvar r = new SendMessageRequest { QueueUrl = u };", "sqs:SendMessage"),
    "command line waiter": ("a.sh", "aws ecs wait services-stable --cluster c", "ecs:DescribeServices"),
    "command in a list": ("a.py", 'import subprocess\nsubprocess.run(["aws", "ec2", "stop-instances"])', "ec2:StopInstances"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "operation"), AWS_CALLS.values(), ids=AWS_CALLS)
def test_calls_of_aws_are_known_in_every_language(path: str, text: str, operation: str) -> None:
    assert f"aws {operation}" in named({path: text})


HTTP_CALLS = {
    "python keyword": (
        "a.py",
        'requests.request("DELETE", f"https://api.github.com/repos/{r}")',
        "github repos/delete",
    ),
    "fetch with method behind": (
        "a.js",
        "await fetch(`https://api.stripe.com/v1/refunds`, { headers, method: 'POST', body });",
        "stripe PostRefunds",
    ),
    "fetch of a variable": (
        "a.ts",
        "const url = `${API}/v1/projects/${ref}/pause`;\nawait fetch(url, { method: 'POST' }); // api.supabase.com",
        "supabase v1-pause-a-project",
    ),
    "axios instance": (
        "a.js",
        'const api = axios.create({ baseURL: "https://api.github.com" });\napi.patch(`/repos/${o}/${r}`, {});',
        "github repos/update",
    ),
    "java builder": (
        "A.java",
        'HttpRequest.newBuilder().uri(URI.create("https://api.stripe.com/v1/balance")).GET().build();',
        "stripe GetBalance",
    ),
    "ruby class of a method": (
        "a.rb",
        'u = URI("https://api.github.com/user/keys")\nr = Net::HTTP::Post.new(u)',
        "github users/create-public-ssh-key-for-authenticated-user",
    ),
    "go constant": (
        "a.go",
        'req, _ := http.NewRequest(http.MethodPut, "https://api.github.com/user/starred/a/b", nil)',
        "github activity/star-repo-for-authenticated-user",
    ),
    "curl with data": ("a.sh", 'curl -d amount=1 "https://api.stripe.com/v1/charges"', "stripe PostCharges"),
    "curl with a base in a variable": (
        "a.sh",
        "API=https://api.github.com\ncurl -X DELETE $API/repos/$R/keys/7",
        "github repos/delete-deploy-key",
    ),
    "gh api": ("a.sh", "gh api repos/{owner}/{repo}/labels -f name=x", "github issues/create-label"),
    "octokit request": (
        "a.js",
        'octokit.request("PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge")',
        "github pulls/merge",
    ),
}


@pytest.mark.parametrize(("path", "text", "operation"), HTTP_CALLS.values(), ids=HTTP_CALLS)
def test_calls_of_an_interface_are_known_by_method_and_path(path: str, text: str, operation: str) -> None:
    assert operation in named({path: text})


def test_what_is_shown_of_a_call_is_the_catalogues_path_and_not_the_address() -> None:
    secret = "q" * 20
    text = f'curl -H "Authorization: Bearer {secret}" "https://api.github.com/user/repos?access_token={secret}"\n'
    (use,) = uses_of({"a.sh": text})
    assert use.shown == "GET /user/repos"


COMMANDS = {
    "after a variable and sudo": ("a.sh", "TOKEN=x sudo -u me railway volume delete v", "railway volumeDelete"),
    "in a substitution": ("a.sh", 'echo "$(gh issue list)"', "github issues/list-for-repo"),
    "in a recipe": ("Makefile", "x:\n\t@npx supabase db query --linked 'x'\n", "supabase v1-run-a-query"),
    "in a container file": ("Dockerfile", "FROM a\nRUN --mount=type=secret,id=t npm publish\n", "npm npm:publish"),
    "in package.json": ("package.json", '{"scripts": {"release": "semantic-release"}}', "npm npm:publish"),
    "in a step": (".gitlab-ci.yml", "a:\n  script:\n    - |\n      kubectl scale deploy/a --replicas=0\n", "kubernetes kubernetes:update"),
    "in a folded step": ("ci.yml", "run: >\n  twine\n  upload\n  dist/*\n", "pypi upload-file"),
    "with an option that takes a value": ("a.sh", "kubectl -n prod delete pod x", "kubernetes kubernetes:delete"),
    "of a resource": ("a.sh", "stripe payment_intents cancel pi_1", "stripe PostPaymentIntentsIntentCancel"),
    "of a task": ("Procfile", "release: poetry publish --build\n", "pypi create-release"),
    "by a module": ("a.sh", "python3 -m twine upload dist/*", "pypi upload-file"),
    "in a shell in a shell": ("a.sh", "bash -c 'aws sqs purge-queue --queue-url u'", "aws sqs:PurgeQueue"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "operation"), COMMANDS.values(), ids=COMMANDS)
def test_commands_are_known_wherever_they_are_written(path: str, text: str, operation: str) -> None:
    assert operation in named({path: text})


@pytest.mark.parametrize(
    ("command", "operations"),
    [
        ("aws s3 cp a.txt s3://b/a.txt", {"s3:PutObject"}),
        ("aws s3 cp s3://b/a.txt .", {"s3:GetObject"}),
        ("aws s3 cp s3://b/x ./x --recursive", {"s3:GetObject", "s3:ListBucket"}),
        ("aws s3 sync . s3://b --delete", {"s3:PutObject", "s3:ListBucket", "s3:DeleteObject"}),
        ("aws s3 mv s3://a/x s3://b/x", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}),
        ("pg_dump db | aws s3 cp - s3://b/x", {"s3:PutObject"}),
        ("aws s3 ls", {"s3:ListAllMyBuckets"}),
    ],
)
def test_the_direction_of_a_copy_decides(command: str, operations: set[str]) -> None:
    found = [use for use in uses_of({"a.sh": command}) if use.provider == "aws"]
    assert {each for use in found for each in use.operations} == operations


NOTHING = {
    "a comment": ("a.js", "// octokit.rest.repos.delete({})\nimport { Octokit } from 'octokit';"),
    "a docstring": ("a.py", '"""Runs `boto3.client("s3").delete_bucket()`."""\nimport boto3\n'),
    "what is printed": ("a.sh", 'echo "next: gh repo delete x"\n'),
    "documentation": ("README.md", "```sh\ngh repo delete x\n```\n"),
    "a here-document": ("a.sh", "cat <<EOF\ngh repo delete x\nEOF\n"),
    "a route of one's own": (
        "a.js",
        "const u = 'https://api.github.com';\napp.delete('/repos/:owner/:repo', handler);",
    ),
    "a class of the same name": ("a.rb", "class Refund\nend\nRefund.create(1)\n"),
    "a library of others": ("node_modules/octokit/index.js", "octokit.rest.repos.delete({})"),
    "SQL for SQLite": ("a.py", 'import sqlite3\ndb.execute("DELETE FROM notes")\n'),
    "prose": ("a.py", 'import psycopg\nprint("update your settings from the menu")\n'),
    "a dry run": ("a.sh", "npm publish --dry-run\n"),
    "a method of a CDK stack": ("a.cs", "using Amazon.CDK.AWS.DynamoDB;\nvar t = CreateTable(props);\n"),
}


@pytest.mark.parametrize(("path", "text"), NOTHING.values(), ids=NOTHING)
def test_what_only_looks_like_use_is_none(path: str, text: str) -> None:
    assert uses_of({path: text}) == ()


def test_graphql_is_known_by_its_root_fields() -> None:
    text = 'const q = `mutation M($id: String!) { gone: volumeDelete(volumeId: $id) }`;\nfetch("https://backboard.railway.com/graphql/v2")'
    assert named({"a.ts": text}) == {"railway volumeDelete"}


def test_a_graphql_file_counts_where_its_provider_is_used() -> None:
    document = {"q.graphql": "query Q { projects { edges { node { id } } } }"}
    assert named(document) == set()
    assert named({**document, "a.sh": "railway whoami"}) == {"railway me", "railway projects"}


def test_sql_says_what_on_which_table() -> None:
    text = 'import psycopg\nc.execute("""\n  UPDATE orders SET paid = true\n  WHERE id = %s""")\n'
    found = [(use.shown, use.resources, use.location.line) for use in uses_of({"a.py": text})]
    assert found == [("SELECT orders", ("table/orders",), 3), ("UPDATE orders", ("table/orders",), 3)]


def test_a_file_of_sql_goes_to_the_database_of_the_folder() -> None:
    file = {"m/1.sql": "CREATE TABLE a (id int);"}
    assert named(file) == set()
    assert named({**file, "Gemfile": 'gem "mysql2"'}) == {"mysql mysql:CREATE"}
    assert named({**file, "Gemfile": 'gem "pg"'}) == {"postgresql CREATE TABLE"}


def test_the_key_of_supabase_decides_between_rows_and_policies() -> None:
    call = 'import { db } from "./supabase";\nawait db.from("notes").delete().eq("id", 1);'
    client = "export const db = createClient(url, process.env.{}); // supabase"
    service = {"a.ts": call, "supabase.ts": client.format("SUPABASE_SERVICE_ROLE_KEY")}
    anonymous = {"a.ts": call, "supabase.ts": client.format("SUPABASE_ANON_KEY")}
    assert named(service) == {"supabase data/delete-rows"}
    assert named(anonymous) == {"supabase data/delete-rows-by-policy"}


def test_permissions_of_a_workflow_are_what_its_token_is_declared_for() -> None:
    text = "permissions:\n  issues: write\njobs:\n  a:\n    permissions: read-all\n"
    found = {use.shown: use for use in uses_of({".github/workflows/a.yml": text})}
    assert found["permissions: issues: write"].by is UseKind.WORKFLOW
    assert "issues/create" in found["permissions: issues: write"].operations
    assert "issues/create" not in found["permissions: issues: read"].operations
    assert "repos/get-content" in found["permissions: contents: read"].operations


def test_steps_that_are_reused_count_with_their_inputs() -> None:
    step = "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: {}\n"
    assert named({".github/workflows/a.yml": step.format("true")}) == {"docker docker:push"}
    assert named({".github/workflows/a.yml": step.format("false")}) == set()


def test_a_tool_server_is_used_for_what_its_settings_let_through() -> None:
    settings = (
        '{"mcpServers": {"gh": {"command": "docker", "args": ["run", "ghcr.io/github/github-mcp-server"%s]}}}'
    )
    (free,) = uses_of({".mcp.json": settings % ""})
    (reading,) = uses_of({".mcp.json": settings % ', "--read-only"'})
    assert (free.by, free.operations, free.shown) == (UseKind.SERVER, frozenset(), "tool server GitHub")
    assert "repos/get" in reading.operations
    assert "repos/delete" not in reading.operations


def test_an_image_goes_to_whose_registry_it_names() -> None:
    assert "docker docker:push" in named({"a.sh": "docker push example/app:1"})
    assert "aws ecr:PutImage" in named({"a.sh": "docker push 1.dkr.ecr.eu-west-1.amazonaws.com/app"})
    assert named({"a.sh": "docker push ghcr.io/example/app"}) == set()


def test_what_is_no_file_of_the_folder_is_left_out() -> None:
    reader = UseReader(RULES, None)
    reader.take(Document(Source.HISTORY, "a.sh", b"gh pr list", commit="1" * 40))
    reader.take(Document(Source.ENVIRONMENT, "env:X", b"gh pr list", name="X"))
    reader.take(Document(Source.TREE, "a.sh", b"gh pr list\0"))
    reader.take(Document(Source.TREE, "b.sh", b"gh pr list\n" + b"#" * 600_000))
    assert reader.uses() == ()


def test_what_is_too_large_and_speaks_of_a_provider_is_a_gap() -> None:
    reader = UseReader(RULES, ["github"])
    large = b"#" * 600_000
    reader.take(Document(Source.TREE, "b.sh", b"gh pr list # github\n" + large))
    reader.take(Document(Source.TREE, "quiet.sh", b"echo\n" + large))
    reader.take(Document(Source.TREE, "data.bin", b"github\n" + large))
    many = "import github\n" + "f(1)\n" * 20_000
    reader.take(Document(Source.TREE, "many.py", many.encode()))
    assert reader.seen() == Seen(
        (),
        (
            Gap(Stage.JOBS, "b.sh", "is too large to see what it uses"),
            Gap(Stage.JOBS, "many.py", "is too large to see what it uses"),
        ),
    )


@pytest.mark.parametrize(
    ("path", "line", "last"),
    [
        ("a.sh", "echo a\n", "gh pr list"),
        ("a.ps1", "Write-Output a\n", "gh pr list"),
        ("a.sql", "SELECT a, b FROM jsonb;\n", "DELETE FROM c;"),
    ],
)
def test_what_holds_more_than_is_read_of_one_file_is_a_gap(path: str, line: str, last: str) -> None:
    for count, gaps in ((10, 0), (12_000, 1)):
        reader = UseReader(RULES, None)
        reader.take(Document(Source.TREE, path, f"{line * count}{last}\n".encode()))
        seen = reader.seen()
        assert len(seen.gaps) == gaps
        assert any(use.shown in ("gh pr list", "DELETE c") for use in seen.uses) is (gaps == 0)


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("reader.MAXIMUM_USES", 0),
        ("code.pending.MAXIMUM_BYTES", 10),
        ("code.pending.MAXIMUM_TOKENS", 1),
        ("orm.reader.MAXIMUM_CALLS", -1),
        ("scripts.reader.MAXIMUM_BYTES", 10),
        ("scripts.reader._MAXIMUM_EXPANSIONS", 0),
    ],
)
def test_more_than_is_looked_at_is_a_gap(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "0.sh": "gh pr list",
        "a.sh": 'ask() { gh pr "$1"; }\nask list\n',
        "b.py": "import github\ngithub.Github().get_user()\n",
        "c.py": "import github\ngithub.Github().get_user()\n",
        "d.py": "from b import ask\nask(1)\n",
    }

    def told() -> list[str]:
        reader = UseReader(RULES, None)
        for path, text in files.items():
            reader.take(Document(Source.TREE, path, text.encode()))
        return [gap.what for gap in reader.seen().gaps]

    assert told() == []
    monkeypatch.setattr(f"scopeaudit.jobs.use.{limit}", value)
    assert told() == ["what the folder uses"]


def test_this_package_is_read_in_little_time(tmp_path: Path) -> None:
    """A file with nothing of interest costs a look for some words: a thousand of them stay under two seconds."""

    text = (Path(__file__).parents[2] / "src/scopeaudit/model/context.py").read_bytes()
    reader = UseReader(RULES, ["github", "aws"])
    with within(2):
        for number in range(1000):
            reader.take(Document(Source.TREE, f"{number}.py", text))
