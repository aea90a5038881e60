"""The files of uses, and the names that are derived instead of listed."""

from pathlib import Path

import botocore.loaders
import pytest

from scopeaudit.catalogue.rules import Rules, load_rules
from scopeaudit.catalogue.use_rules import load_uses, use_problems
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.model.errors import InvalidFileError

RULES = load_rules()
KNOWLEDGE = Knowledge(RULES, None)
ASKED = {"aws", "github", "postgresql", "pypi", "railway", "stripe", "supabase"}


def test_every_file_is_right() -> None:
    assert use_problems(RULES) == ()


def test_every_provider_that_is_asked_and_has_operations_has_a_file() -> None:
    assert load_uses(RULES).keys() >= ASKED


def test_every_fact_has_a_source() -> None:
    for rules in load_uses(RULES).values():
        entries = [rules, *rules.programs, *rules.libraries, *rules.actions]
        assert all(entry.source.startswith("https://") for entry in entries)


def rules_of(folder: Path, text: str) -> Rules:
    (folder / "uses").mkdir()
    (folder / "uses" / "pypi.yaml").write_text(text, "utf-8")
    return Rules(folder, RULES.providers, RULES.findings, "", None)


def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, "id: pypi\nsource: https://example.com\nwords: x\n")
    with pytest.raises(InvalidFileError, match=r"rules/uses/pypi\.yaml:3: words: expected a list"):
        load_uses(rules)


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, "id: npm\nsource: https://example.com\n")
    with pytest.raises(InvalidFileError, match="but the file's name says otherwise"):
        load_uses(rules)


def test_an_operation_that_is_none_is_a_problem(tmp_path: Path) -> None:
    text = "id: pypi\nsource: https://example.com\nfields: {x: [no-such-thing]}\n"
    rules = rules_of(tmp_path, text)
    rules._operations["pypi"] = RULES.operations("pypi")
    assert use_problems(rules) == (
        "rules/uses/pypi.yaml:1: fields.x: 'no-such-thing' is no operation of pypi",
    )


COMMON = {
    "s3", "lambda", "sqs", "sns", "dynamodb", "ses", "sesv2", "secretsmanager", "ssm", "kms", "ecr", "ecs", "ec2", "rds", "logs",
    "cloudwatch", "events", "stepfunctions", "cloudfront", "route53", "iam", "sts", "eks", "cloudformation", "kinesis", "firehose",
    "athena", "codebuild", "elasticache", "elbv2", "autoscaling", "acm", "efs", "apigateway", "opensearch", "emr",
}  # fmt: skip


def test_calls_of_the_common_services_of_aws_are_actions() -> None:
    """Against the service models that the official SDK ships: what is missing is younger than the actions' data."""
    loader = botocore.loaders.create_loader()
    names = KNOWLEDGE.aws
    assert names is not None
    known = total = 0
    for service in sorted(COMMON):
        calls = loader.load_service_model(service, "service-2")["operations"]
        prefix = names.service(service)
        assert prefix is not None, service
        known += sum(bool(names.operations(prefix, call)) for call in calls)
        total += len(calls)
    assert known / total > 0.95


def test_every_service_of_the_official_sdk_has_a_prefix_but_for_a_few() -> None:
    names = KNOWLEDGE.aws
    assert names is not None
    services = botocore.loaders.create_loader().list_available_services("service-2")
    without = [each for each in services if names.service(each) is None]
    assert len(without) < len(services) * 0.05


@pytest.mark.parametrize(
    ("resource", "method", "operation"),
    [
        (["customers"], "create", "PostCustomers"),
        (["Customer"], "modify", "PostCustomersCustomer"),
        (["customers"], "del", "DeleteCustomersCustomer"),
        (["customers"], "search", "GetCustomersSearch"),
        (["customers"], "list_payment_methods", "GetCustomersCustomerPaymentMethods"),
        (["checkout", "sessions"], "expire", "PostCheckoutSessionsSessionExpire"),
        (["billing_portal", "Session"], "create", "PostBillingPortalSessions"),
        (["subscription"], "cancel", "DeleteSubscriptionsSubscriptionExposedId"),
        (["payment_intents"], "cancel", "PostPaymentIntentsIntentCancel"),
        (["invoice"], "finalize_invoice", "PostInvoicesInvoiceFinalize"),
        (["InvoiceItem"], "create", "PostInvoiceitems"),
        (["balance"], "retrieve", "GetBalance"),
    ],
)
def test_methods_of_stripes_libraries_are_operations(
    resource: list[str], method: str, operation: str
) -> None:
    assert KNOWLEDGE.stripe is not None
    assert KNOWLEDGE.stripe.find(resource, method) == operation


def test_every_operation_of_github_is_found_by_octokits_name() -> None:
    assert KNOWLEDGE.github is not None
    for operation in RULES.operations("github").ids:
        group, _, name = operation.partition("/")
        assert KNOWLEDGE.github.find(group.replace("-", "_"), name.replace("-", "_")) == operation


@pytest.mark.parametrize("provider", ["github", "stripe", "supabase"])
def test_every_path_of_a_catalogue_is_found_again(provider: str) -> None:
    routes = KNOWLEDGE.routes(provider)
    for operation in RULES.operations(provider).operations.values():
        if operation.path in (None, "/"):
            continue
        found = routes.find(operation.verb, operation.path)
        assert found is not None
        assert operation.id in found.operations or found.path != operation.path
