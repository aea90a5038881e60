"""Policies of AWS's own whose documents AWS publishes, for when a key may not read them.

Each stands as its page has it; a policy that is not here is not guessed at.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from scopeaudit.ask.aws.policies import Policy, parse_policy
from scopeaudit.model.authority import Evidence, EvidenceKind

_PAGES = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference"


def _allow(*actions: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


_STATEMENTS: Mapping[str, list[dict[str, object]]] = MappingProxyType(
    {
        "AdministratorAccess": [_allow("*")],
        "PowerUserAccess": [
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            _allow(
                "account:GetAccountInformation",
                "account:GetGovCloudAccountInformation",
                "account:GetPrimaryEmail",
                "account:ListRegions",
                "iam:CreateServiceLinkedRole",
                "iam:DeleteServiceLinkedRole",
                "iam:ListRoles",
                "organizations:DescribeEffectivePolicy",
                "organizations:DescribeOrganization",
            ),
        ],
        "IAMFullAccess": [
            _allow(
                "iam:*",
                "organizations:DescribeAccount",
                "organizations:DescribeOrganization",
                "organizations:DescribeOrganizationalUnit",
                "organizations:DescribePolicy",
                "organizations:ListChildren",
                "organizations:ListParents",
                "organizations:ListPoliciesForTarget",
                "organizations:ListRoots",
                "organizations:ListPolicies",
                "organizations:ListTargetsForPolicy",
            )
        ],
        "AmazonS3FullAccess": [_allow("s3:*", "s3-object-lambda:*")],
        "AmazonS3ReadOnlyAccess": [
            _allow("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*")
        ],
        "AmazonSQSFullAccess": [_allow("sqs:*")],
        "AmazonSESFullAccess": [_allow("ses:*")],
        "AWSCloudFormationFullAccess": [_allow("cloudformation:*")],
        "AWSDenyAll": [{"Effect": "Deny", "Action": ["*"], "Resource": "*", "Sid": "DenyAll"}],
    }
)
READ_ONLY: Mapping[str, str] = MappingProxyType(
    {name: f"{_PAGES}/{name}.html" for name in ("ReadOnlyAccess", "ViewOnlyAccess", "SecurityAudit")}
)
"""Policies that allow reading and nothing else, which of it is a long list that often changes."""


def aws_name(arn: str) -> str | None:
    """The name of a policy of AWS's own, or `None` for a customer's."""
    parts = arn.split(":", 5)
    is_aws = len(parts) == 6 and parts[2] == "iam" and parts[4] == "aws"
    return parts[5].rpartition("/")[2] if is_aws and parts[5].startswith("policy/") else None


def documented(arn: str, title: str) -> Policy | None:
    """The policy as AWS documents it; `None` where it is not here."""
    name = aws_name(arn)
    statements = _STATEMENTS.get(name or "")
    if statements is None:
        return None
    document = msgspec.json.encode({"Version": "2012-10-17", "Statement": statements}).decode()
    evidence = Evidence(EvidenceKind.DOCUMENTED, "as AWS publishes it", f"{_PAGES}/{name}.html")
    policy = parse_policy(document, title, evidence)
    return policy if isinstance(policy, Policy) else None
