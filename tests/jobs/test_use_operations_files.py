"""What files of operations use: Terraform, Ansible, PowerShell, units, tables of cron, shell functions, workflows."""

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.model.use import UseKind

RULES = load_rules()
HUB = "https://api.github.com/repos/a/b"


def used(files: dict[str, str]) -> set[str]:
    """Provider and operation of everything a folder uses; what permissions declare is left out."""
    reader = UseReader(RULES, None)
    for path, text in files.items():
        reader.take(Document(Source.TREE, path, text.encode()))
    found = (use for use in reader.uses() if use.by is not UseKind.WORKFLOW)
    return {
        each if each.startswith(use.provider) else f"{use.provider} {each}"
        for use in found
        for each in use.operations
    }


QUEUE = {
    f"aws sqs:{each}" for each in ("CreateQueue", "GetQueueAttributes", "SetQueueAttributes", "DeleteQueue")
}
TERRAFORM = {
    "derived": ('resource "aws_sqs_queue" "q" {\n  name = "q"\n}\n', QUEUE),
    "listed": ('resource "aws_iam_role_policy_attachment" "a" {\n}\n', {"aws iam:AttachRolePolicy", "aws iam:ListAttachedRolePolicies", "aws iam:DetachRolePolicy"}),
    "without a service in its name": ('resource "aws_vpc" "v" {}\n', {"aws ec2:CreateVpc", "aws ec2:DescribeVpcs", "aws ec2:DeleteVpc"}),
    "data": ('data "aws_caller_identity" "me" {}\ndata "aws_region" "here" {}\ndata "aws_iam_policy_document" "d" {}\n', {"aws sts:GetCallerIdentity"}),
    "state": ('terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\n', {"aws s3:ListBucket", "aws s3:GetObject", "aws s3:PutObject"}),
    "github": ('resource "github_issue_label" "l" {\n}\n', {"github issues/create-label", "github issues/get-label", "github issues/update-label", "github issues/delete-label"}),
    "postgresql": ('resource "postgresql_role" "r" {\n}\n', {"postgresql CREATE ROLE", "postgresql ALTER ROLE", "postgresql DROP ROLE"}),
    "kubernetes": ('resource "kubernetes_namespace" "n" {\n}\n', {"kubernetes:create", "kubernetes:get", "kubernetes:patch", "kubernetes:delete"}),
    "unknown": ('resource "aws_of_tomorrow" "n" {\n}\nresource "acme_thing" "x" {\n}\n', set()),
    "comments": ('# resource "aws_sqs_queue" "q" {\n// resource "aws_sqs_queue" "r" {\n/*\nresource "aws_sqs_queue" "s" {\n*/\n', set()),
    "a here-document": ('locals {\n  help = <<-EOT\n    resource "aws_sqs_queue" "q" {\n    EOT\n}\n', set()),
    "a command": ('resource "null_resource" "n" {\n  provisioner "local-exec" {\n    command = "aws sns publish --topic-arn x --message \\"y\\""\n  }\n}\n', {"aws sns:Publish"}),
}  # fmt: skip

PLAY = "- hosts: all\n  tasks:\n"
ANSIBLE = {
    "an address": (PLAY + f'    - name: n\n      ansible.builtin.uri:\n        url: "{HUB}/issues"\n        method: POST\n        body: {{}}\n', {"github issues/create"}),
    "a template": (PLAY + '    - uri:\n        url: "https://api.github.com/repos/{{ owner }}/{{ repo }}/releases/latest"\n', {"github repos/get-latest-release"}),
    "its own machine": (PLAY + "    - uri:\n        url: http://localhost:8080/repos/a/b/issues\n        method: POST\n", set()),
    "a message": (PLAY + f'    - debug:\n        msg: "curl -X DELETE {HUB}"\n', set()),
    "SQL": (PLAY + '    - community.postgresql.postgresql_query:\n        db: shop\n        query: "DELETE FROM old"\n', {"postgresql DELETE"}),
    "SQL in a block": (PLAY + "    - postgresql_query:\n        query: |\n          UPDATE a\n          SET b = 1\n", {"postgresql UPDATE"}),
    "a database": (PLAY + "    - postgresql_db:\n        name: shop\n        state: absent\n", {"postgresql DROP DATABASE"}),
    "an object": (PLAY + "    - amazon.aws.s3_object:\n        bucket: b\n        mode: put\n", {"aws s3:PutObject"}),
    "on one line": (PLAY + "    - amazon.aws.s3_object: bucket=b object=o mode=get\n", {"aws s3:GetObject"}),
    "a cluster": (PLAY + "    - kubernetes.core.k8s:\n        state: absent\n        kind: Pod\n", {"kubernetes:get", "kubernetes:delete"}),
    "a command": (PLAY + "    - ansible.builtin.command: aws s3 rm s3://b/k\n", {"aws s3:DeleteObject"}),
    "no tasks": ("s3_object:\n  mode: put\n", set()),
}  # fmt: skip

POWERSHELL = {
    "parameters": (f"Invoke-RestMethod -Uri '{HUB}/issues' -Method Post -Body $b\n", {"github issues/create"}),
    "several lines": (f"Invoke-RestMethod `\n  -Method Patch `\n  -Uri \"{HUB}/issues/$n\"\n", {"github issues/update"}),
    "a variable": ('$api = "https://api.github.com/repos/$owner/$name"\n$x = irm "$api/releases"\n', {"github repos/list-releases"}),
    "splatted": (f"$p = @{{\n  Uri = '{HUB}/issues'\n  Method = 'Post'\n}}\nInvoke-RestMethod @p\n", {"github issues/create"}),
    "splatted and set": (f"$p = @{{ Uri = '{HUB}/labels' }}\n$p.Method = 'Post'\nInvoke-RestMethod @p\n", {"github issues/create-label"}),
    "a function": (
        "$api = 'https://api.github.com'\nfunction Send-It {\n  param([Parameter(Mandatory)][string] $Method, [string] $Path)\n"
        '  Invoke-RestMethod -Uri "$api$Path" -Method $Method -Headers $h\n}\nSend-It -Method Delete -Path "/repos/a/b/git/refs/heads/$x"\n',
        {"github git/delete-ref"},
    ),
    "by position": ("function G($m, $p) { Invoke-RestMethod -Method $m -Uri \"https://api.github.com$p\" }\nG Put /repos/a/b/topics\n", {"github repos/replace-all-topics"}),
    "in a block": (f"if ($x) {{ try {{ Invoke-WebRequest -Uri {HUB} -Method Delete }} catch {{ }} }}\n", {"github repos/delete"}),
    "in a pipe": (f"Get-Content f | ForEach-Object {{ Invoke-RestMethod \"{HUB}/issues/$_\" }}\n", {"github issues/get"}),
    "cmdlets": ("Write-S3Object -BucketName b -File f\n$v = (Get-SECSecretValue -SecretId x).SecretString\n", {"aws s3:PutObject", "aws secretsmanager:GetSecretValue"}),
    "programs": ("aws s3 cp out s3://b/k\n& gh release create $tag\n", {"aws s3:PutObject", "github repos/create-release"}),
    "what is said": (f"Write-Host \"Invoke-RestMethod {HUB} -Method Delete\"\n# Remove-S3Bucket b\n<#\n gh repo delete a/b\n#>\n", set()),
    "help": ("$usage = @\"\naws s3 rb s3://b\n\"@\nWrite-Output $usage\n", set()),
}  # fmt: skip

SHELL = {
    "a function": ('api() {\n  local method=$1 path=$2; shift 2\n  curl -X "$method" "https://api.github.com$path" "$@"\n}\napi DELETE /repos/a/b\n', {"github repos/delete"}),
    "a wrapper": ('again() {\n  until "$@"; do sleep 1; done\n}\nagain aws sqs purge-queue --queue-url u\n', {"aws sqs:PurgeQueue"}),
    "a wrapper with a number": ("retry 3 aws s3 cp a s3://b/c\n", {"aws s3:PutObject"}),
    "a function of one line": ('hub() { curl -X "$1" "https://api.github.com$2"; }\nhub PUT /repos/a/b/topics\n', {"github repos/replace-all-topics"}),
    "functions of functions": ('req() {\n  curl -X "$1" "https://api.github.com$2"\n}\ndel() {\n  req DELETE "$1"\n}\ndel /repos/a/b\n', {"github repos/delete"}),
    "what holds unless set": ('API="${API:-https://api.github.com}"\ncurl "$API/repos/a/b/releases"\n', {"github repos/list-releases"}),
    "find": ("find . -name x -exec aws s3 rm s3://b/{} \\;\n", {"aws s3:DeleteObject"}),
    "xargs": ("aws s3 ls s3://b | xargs -n 1 -P 4 aws sqs send-message --message-body\n", {"aws s3:ListBucket", "aws sqs:SendMessage"}),
    "wrappers": ("sudo -u x timeout 10m nohup aws sns publish --message m &\n", {"aws sns:Publish"}),
    "eval": ("eval \"aws sns publish --message m\"\n", {"aws sns:Publish"}),
    "the address of a release": ('u=$(gh api repos/a/b/releases/latest | jq -r .upload_url)\ncurl -X POST --data-binary @f "$u?name=f"\n', {"github repos/get-latest-release", "github repos/upload-release-asset"}),
    "only tried": ("kubectl apply --dry-run=client -f x\naws s3 rm --dryrun s3://b/k\ngh pr create --dry-run\nnpm publish --dry-run\n", set()),
    "what is said": ("echo aws s3 rb s3://b\nprintf '%s' 'gh repo delete a/b'\ncat <<E\naws s3 rb s3://b\nE\n", set()),
}  # fmt: skip

FILES = {
    "a unit": ({"x.service": "[Service]\nExecStart=-/usr/bin/aws cloudwatch put-metric-data --namespace n\nExecStartPre=/bin/echo aws s3 rb s3://b\n"}, {"aws cloudwatch:PutMetricData"}),
    "a unit that goes on": ({"x.service": "[Service]\nExecStart=/usr/bin/aws sns \\\n  publish --message m\n"}, {"aws sns:Publish"}),
    "a system's cron": ({"etc/cron.d/x": "MAILTO=a\n0 3 * * 0 root aws s3 sync /a s3://b\n"}, {"aws s3:ListBucket", "aws s3:PutObject"}),
    "a user's cron": ({"crontab": "@daily aws sns publish --message m\n*/5 * * * * psql -c 'VACUUM t'\n"}, {"aws sns:Publish", "postgresql VACUUM"}),
    "functions of another file": (
        {"bin/a.sh": ". lib/common.sh\nhub DELETE /repos/a/b\n", "lib/common.sh": 'API="${API:-https://api.github.com}"\nhub() {\n  curl -X "$1" "$API$2"\n}\n'},
        {"github repos/delete"},
    ),
    "a name that two files define": (
        {"a.sh": "hub DELETE /repos/a/b\n", "b.sh": 'hub() {\n  curl -X "$1" "https://api.github.com$2"\n}\n', "c.sh": 'hub() {\n  curl -X "$1" "https://other.example$2"\n}\n'},
        set(),
    ),
    "an action's part": ({".github/workflows/a.yml": "on: push\njobs:\n a:\n  steps:\n   - uses: github/codeql-action/init@v3\n   - uses: github/codeql-action/analyze@v3\n"}, {"github code-scanning/upload-sarif"}),
    "changesets": ({".github/workflows/a.yml": "on: push\njobs:\n a:\n  steps:\n   - uses: changesets/action@v1\n     with:\n       publish: npm run release\n"}, {"github pulls/create", "github pulls/update", "github repos/create-release"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TERRAFORM.values(), ids=TERRAFORM)
def test_terraform_asks_what_its_blocks_need(text: str, expected: set[str]) -> None:
    assert used({"main.tf": text}) == expected


@pytest.mark.parametrize(("text", "expected"), ANSIBLE.values(), ids=ANSIBLE)
def test_tasks_of_ansible_ask_what_their_modules_document(text: str, expected: set[str]) -> None:
    assert used({"site.yml": text}) == expected


@pytest.mark.parametrize(("text", "expected"), POWERSHELL.values(), ids=POWERSHELL)
def test_powershell_is_read_as_commands(text: str, expected: set[str]) -> None:
    assert used({"a.ps1": text}) == expected


@pytest.mark.parametrize(("text", "expected"), SHELL.values(), ids=SHELL)
def test_shell_is_read_with_its_functions_and_wrappers(text: str, expected: set[str]) -> None:
    assert used({"a.sh": text}) == expected


@pytest.mark.parametrize(("files", "expected"), FILES.values(), ids=FILES)
def test_other_files_hold_commands(files: dict[str, str], expected: set[str]) -> None:
    assert used(files) == expected
