"""Every question that asking about an access key may come to, for `--plan`."""

from collections.abc import Iterator

from scopeaudit.ask.aws.actions import READ_ONLY_ACTIONS

_USER = "if the key is a user's"
_LASTING = "if the key is a user's or the root user's"
_ROLE = "if the key is of a role's session"
_EITHER = "if the key is a user's or of a role's session"
_QUESTIONS: tuple[tuple[str, str, str | None], ...] = (
    ("sts:GetCallerIdentity", "whose key it is", None),
    ("iam:ListAccessKeys", "when the key was issued", _LASTING),
    ("iam:GetUser", "the permissions boundary and tags of the user", _USER),
    ("iam:ListAttachedUserPolicies", "the managed policies of the user", _USER),
    ("iam:ListUserPolicies", "the names of the inline policies of the user", _USER),
    ("iam:GetUserPolicy", "an inline policy of the user", "for each inline policy"),
    ("iam:ListGroupsForUser", "the groups of the user", _USER),
    ("iam:ListAttachedGroupPolicies", "the managed policies of a group", "for each group"),
    ("iam:ListGroupPolicies", "the names of the inline policies of a group", "for each group"),
    ("iam:GetGroupPolicy", "an inline policy of a group", "for each inline policy of each group"),
    ("iam:GetRole", "the permissions boundary of the role", _ROLE),
    ("iam:ListAttachedRolePolicies", "the managed policies of the role", _ROLE),
    ("iam:ListRolePolicies", "the names of the inline policies of the role", _ROLE),
    ("iam:GetRolePolicy", "an inline policy of the role", "for each inline policy"),
    ("iam:GetPolicy", "the version of a managed policy that applies", "for each managed policy"),
    ("iam:GetPolicyVersion", "the document of a managed policy", "for each managed policy"),
    (
        "iam:SimulatePrincipalPolicy",
        "what is allowed where policies cannot be read, and what an organization takes away",
        _EITHER,
    ),
)


def planned_requests() -> Iterator[tuple[str, str, str, str | None]]:
    """Host, action, what it finds out, and what it depends on (`None` for what is sent first)."""
    for question, asks, depends in _QUESTIONS:
        yield READ_ONLY_ACTIONS[question].host, question, asks, depends
