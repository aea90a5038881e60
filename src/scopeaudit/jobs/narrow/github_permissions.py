"""Permissions as GitHub's page for fine-grained tokens and its workflow files name them."""

from collections.abc import Mapping
from types import MappingProxyType

PARAMETERS_SOURCE = "https://docs.github.com/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens#pre-filling-fine-grained-personal-access-token-details-using-url-parameters"
WORKFLOW_SOURCE = (
    "https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions"
)
APPS_SOURCE = "https://docs.github.com/rest/authentication/permissions-required-for-github-apps"
LEVELS = ("read", "write", "admin")
"""Each includes those before it."""

ACCOUNT = frozenset({
    "blocking", "codespaces_user_secrets", "copilot_messages", "copilot_editor_context",
    "copilot_requests", "emails", "user_events", "followers", "gpg_keys", "gists", "keys",
    "interaction_limits", "knowledge_bases", "user_models", "plan", "private_repository_invitations",
    "profile", "git_signing_ssh_public_keys", "starring", "watching",
})  # fmt: skip
"""Parameters that count only where the person is the resource owner."""
REPOSITORY = frozenset({
    "actions", "administration", "artifact_metadata", "attestations", "code_quality", "security_events",
    "codespaces", "codespaces_lifecycle_admin", "codespaces_metadata", "codespaces_secrets", "statuses",
    "contents", "repository_custom_properties", "vulnerability_alerts", "dependabot_secrets",
    "deployments", "discussions", "environments", "issues", "merge_queues", "metadata", "pages",
    "pull_requests", "repository_advisories", "secret_scanning_alerts", "secrets", "actions_variables",
    "repository_hooks", "workflows",
})  # fmt: skip
ORGANIZATION = frozenset({
    "organization_api_insights", "organization_administration", "organization_user_blocking",
    "organization_campaigns", "organization_custom_org_roles", "organization_custom_properties",
    "organization_custom_roles", "organization_events", "organization_copilot_seat_management",
    "issue_types", "organization_knowledge_bases", "members", "organization_models",
    "organization_network_configurations", "organization_announcement_banners", "organization_codespaces",
    "organization_codespaces_secrets", "organization_codespaces_settings",
    "organization_dependabot_secrets", "organization_code_scanning_dismissal_requests",
    "organization_private_registries", "organization_plan", "organization_projects",
    "organization_secrets", "organization_self_hosted_runners", "team_discussions",
    "organization_actions_variables", "organization_hooks",
})  # fmt: skip
"""Parameters that count only where the resource owner is an organization."""

WORKFLOW: Mapping[str, str] = MappingProxyType(
    {
        "actions": "actions",
        "artifact_metadata": "artifact-metadata",
        "attestations": "attestations",
        "contents": "contents",
        "deployments": "deployments",
        "discussions": "discussions",
        "issues": "issues",
        "pages": "pages",
        "pull_requests": "pull-requests",
        "security_events": "security-events",
        "statuses": "statuses",
    }
)
"""Permission to its key in a workflow's `permissions`."""


def levels_of(atoms: frozenset[str]) -> dict[str, str]:
    """Permission to its highest level, by name."""
    found: dict[str, str] = {}
    for atom in sorted(atoms):
        name, _, level = atom.rpartition(":")
        if name and LEVELS.index(level) >= LEVELS.index(found.get(name, LEVELS[0])):
            found[name] = level
    return found
