"""What an action may need beside itself, by how its resources are set up: told, and never added."""

from collections.abc import Iterable
from dataclasses import dataclass

from scopeaudit.jobs.narrow.words import listed


@dataclass(frozen=True, slots=True)
class _Beside:
    """What some actions call for in one case."""

    actions: frozenset[str]
    needs: tuple[str, ...]
    case: str
    source: str


def _of(actions: str, needs: str, case: str, source: str) -> _Beside:
    return _Beside(frozenset(actions.split()), tuple(needs.split()), case, source)


_S3 = "https://docs.aws.amazon.com/AmazonS3/latest"
_ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"
_OF_KEYS = "where a key of the account encrypts"
_TABLE = (
    _of(
        "s3:GetObject",
        "s3:ListBucket",
        "for a missing object to answer 404 and not 403",
        f"{_S3}/API/API_GetObject.html",
    ),
    _of(
        "s3:GetObject s3:GetObjectVersion",
        "kms:Decrypt",
        f"{_OF_KEYS} the objects",
        f"{_S3}/userguide/UsingKMSEncryption.html",
    ),
    _of(
        "s3:PutObject",
        "kms:GenerateDataKey kms:Decrypt",
        f"{_OF_KEYS} the objects",
        f"{_S3}/userguide/UsingKMSEncryption.html",
    ),
    _of(
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        f"{_OF_KEYS} the secret",
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html",
    ),
    _of(
        "secretsmanager:CreateSecret secretsmanager:PutSecretValue secretsmanager:UpdateSecret",
        "kms:GenerateDataKey kms:Decrypt",
        f"{_OF_KEYS} the secret",
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html",
    ),
    _of(
        "ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath ssm:GetParameterHistory",
        "kms:Decrypt",
        "for parameters that are SecureString, where a key of the account encrypts them",
        "https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html",
    ),
    _of(
        "sqs:ReceiveMessage",
        "kms:Decrypt",
        f"{_OF_KEYS} the queue",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
    _of(
        "sqs:SendMessage",
        "kms:GenerateDataKey kms:Decrypt",
        f"{_OF_KEYS} the queue",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
    _of(
        "sns:Publish",
        "kms:GenerateDataKey kms:Decrypt",
        f"{_OF_KEYS} the topic",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
    ),
    _of(
        "ec2:RunInstances ecs:RegisterTaskDefinition ecs:RunTask lambda:CreateFunction",
        "iam:PassRole",
        "where what is started works under a role, and then on that one role alone",
        _ROLES,
    ),
)


def needed_beside(actions: Iterable[str]) -> tuple[str, ...]:
    """For each case that concerns these actions what it needs and they do not hold."""
    held = frozenset(actions)
    told = []
    for each in _TABLE:
        concerned, lacking = sorted(held & each.actions), [one for one in each.needs if one not in held]
        if concerned and lacking:
            told.append(
                f"{listed(concerned)} may need {' and '.join(lacking)} too, {each.case}; the job does not "
                f"allow it, so it is not added ({each.source})"
            )
    return tuple(told)
