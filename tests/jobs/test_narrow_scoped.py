"""Keys and tokens of Stripe, Supabase, Railway and PyPI, fed back to the authority rules of their files."""

import re

import pytest

from scopeaudit.jobs.narrow.narrow import _MAKERS
from scopeaudit.model.authority import Authority, Resource, State
from tests.jobs.narrow_world import (
    RULES,
    allowed,
    everything,
    excess,
    granted,
    holding,
    job,
    narrowed,
    template,
)

RAILWAY = (
    Resource("workspace/w", "acme"),
    Resource("project/p", "shop", parent="workspace/w"),
    Resource("environment/e1", "production", "production", "project/p"),
    Resource("volume/v1", "pg-data", "production", "environment/e1"),
    Resource("environment/e2", "staging", "staging", "project/p"),
)


def of_stripe(text: str) -> list[str]:
    return [f"{name}:{level}" for name, level in re.findall(r"\(rak_(\w+)_(read|write)\)", text)]


STRIPE_JOBS = [
    *(template("stripe", each.name) for each in RULES.providers["stripe"].jobs),
    job("stripe", "GetCharges", "PostRefunds", "GetCustomers"),
    job("stripe", "effect:read"),
]


@pytest.mark.parametrize("declared", STRIPE_JOBS, ids=lambda each: each.name)
@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_restricted_key_has_no_excess_but_what_is_told(declared, mode):
    found = narrowed(declared, f"secret-key-{mode}")
    key = holding("stripe", f"restricted-key-{mode}", permission=of_stripe(found.text))
    assert granted(key) == (allowed(declared) - set(found.missing)) | set(found.beyond)
    assert excess(declared, key) == set(found.beyond)
    assert excess(declared, key) < excess(declared, everything("stripe", f"secret-key-{mode}"))


def test_a_restricted_key_that_refunds():
    found = narrowed(job("stripe", "PostRefunds", "GetCustomers"), "secret-key-test")
    assert found.text == "charge: Write (rak_charge_write)\ncustomer: Read (rak_customer_read)"
    assert found.url == "https://dashboard.stripe.com/test/apikeys"
    assert found.title == "a restricted test key for job its-job"
    assert "DeleteCustomersCustomer" not in found.beyond


SUPABASE_JOBS = [
    declared
    for declared in (template("supabase", each.name) for each in RULES.providers["supabase"].jobs)
    if not all(each.startswith("data/") for each in allowed(declared))
]


@pytest.mark.parametrize("declared", SUPABASE_JOBS, ids=lambda each: each.name)
def test_a_scoped_token_has_no_excess_but_what_is_told(declared):
    found = narrowed(declared, "personal-access-token")
    token = holding("supabase", "scoped-access-token", permission=found.text.split("\n"))
    assert granted(token) == (allowed(declared) - set(found.missing)) | set(found.beyond)
    assert excess(declared, token) == set(found.beyond)
    assert excess(declared, token) < excess(declared, everything("supabase", "personal-access-token"))


def test_a_key_that_bypasses_policies_is_replaced_by_one_that_does_not():
    found = narrowed(template("supabase", "read-tickets"), "service-role-key")
    assert "publishable key" in found.text
    assert found.next_best is not None


def test_data_beside_the_management_interface_is_told_to_be_left_out():
    found = narrowed(job("supabase", "v1-get-project", "data/select-rows-by-policy"), "personal-access-token")
    assert found.missing == ("data/select-rows-by-policy",)
    assert "publishable key" in found.next_best


@pytest.mark.parametrize("name", [each.name for each in RULES.providers["railway"].jobs])
def test_a_project_token_is_too_wide_by_exactly_what_is_told(name):
    declared = template("railway", name)
    found = narrowed(declared, "account-token")
    token = holding("railway", "project-token", token=["project"])
    assert granted(token) == (allowed(declared) - set(found.missing)) | set(found.beyond)
    assert excess(declared, token) == set(found.beyond)
    assert "volumeDelete" in found.beyond
    assert any("volume" in each for each in found.remains)
    assert excess(declared, token) < excess(declared, everything("railway", "account-token"))


def test_a_project_token_is_for_the_environment_the_job_names():
    authority = Authority(State.UNKNOWN, "account-token", resources=RAILWAY)
    declared = job("railway", "customDomainCreate", environments=["production"])
    found = narrowed(declared, "account-token", authority)
    assert found.text == "project shop, environment production"
    found = narrowed(job("railway", "volumeCreate", resources=["pg-data"]), "account-token", authority)
    assert found.text == "project shop, environment production"


def test_a_job_that_names_no_environment_is_told_so():
    authority = Authority(State.UNKNOWN, "account-token", resources=RAILWAY)
    found = narrowed(job("railway", "customDomainCreate"), "account-token", authority)
    assert found.text == "the one environment that the job works on"
    assert any("names none" in each for each in found.remains)


@pytest.mark.parametrize("name", [each.name for each in RULES.providers["pypi"].jobs])
def test_a_token_of_one_project_has_no_excess_but_what_is_told(name):
    declared = template("pypi", name)
    found = narrowed(declared, "api-token")
    token = holding("pypi", "api-token", token=["project-context"], session=[], privilege=[])
    assert granted(token) == (allowed(declared) - set(found.missing)) | set(found.beyond)
    assert excess(declared, token) == set(found.beyond)


def test_a_token_of_the_test_index_is_made_there_for_the_named_project():
    declared = job("pypi", "upload-file", resources=["project/foo", "project/x\x1b[2J"])
    found = narrowed(declared, "test-api-token")
    assert any("settings of TestPyPI" in each for each in found.steps)
    assert found.text == "Scope: Project: foo"


def test_the_command_for_npm_names_packages_and_nothing_a_shell_would_run():
    declared = job("npm", "publish", resources=["@acme/web", "left-pad", "a;rm -rf ~", "$(x)"])
    found = narrowed(declared)
    assert found.text == (
        "npm token create --name=its-job --packages=@acme/web,left-pad "
        "--packages-and-scopes-permission=read-write --orgs-permission=no-access --expires=90"
    )
    assert "unpublish" in found.beyond
    assert "unpublish" not in narrowed(job("npm", "publish", "unpublish", resources=["left-pad"])).beyond


def test_a_job_that_only_installs_gets_a_token_that_only_reads():
    found = narrowed(job("npm", "install", resources=["left-pad"]))
    assert "--packages-and-scopes-permission=read-only" in found.text
    assert found.beyond == ()
    assert narrowed(job("npm", "install", "frobnicate")).missing == ("frobnicate",)


def test_digitalocean_scopes_come_with_those_they_ask_for():
    found = narrowed(job("digitalocean", "domain:create", "droplet:delete", "frobnicate"))
    assert found.text.split("\n") == [
        "actions:read", "domain:create", "domain:read", "droplet:delete", "droplet:read", "image:read",
        "regions:read", "sizes:read",
    ]  # fmt: skip
    assert found.missing == ("frobnicate",)
    assert set(found.beyond) == set(found.text.split("\n")) - {"domain:create", "droplet:delete"}


def test_cloudflare_permissions_by_key_or_by_name_fill_in_the_link():
    found = narrowed(job("cloudflare", "dns:edit", "Zone Read", "Email Routing Rules Write"), "user-token")
    assert found.text == "dns: edit\nemail_routing_rules: edit\nzone: read"
    encoded = "%5B%7B%22key%22%3A%22dns%22%2C%22type%22%3A%22edit%22%7D%2C%7B%22key%22%3A%22zone%22%2C%22type%22%3A%22read%22%7D%5D"
    base = "https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys="
    assert found.url == f"{base}{encoded}&accountId=*&zoneId=all&name=its-job"
    assert any("email_routing_rules: edit" in each for each in found.steps)
    owned = narrowed(job("cloudflare", "dns:edit", "dns:read"), "account-token")
    assert owned.url.startswith("https://dash.cloudflare.com/?to=/:account/api-tokens&permissionGroupKeys=")
    assert owned.text == "dns: edit"


def test_a_provider_without_a_narrower_kind_is_told_to_have_none():
    found = narrowed(job("slack", "effect:read"))
    assert "no narrower kind" in found.title
    assert found.next_best is not None
    assert found.missing == ("effect:read",)


@pytest.mark.parametrize("provider", ["gitlab", "jwt", "openai", "slack", "vercel"])
def test_a_provider_without_a_narrower_credential_of_its_own_tells_what_comes_next(provider):
    assert provider not in _MAKERS
    found = narrowed(job(provider, "effect:read"))
    entries = {each.issue for each in RULES.providers[provider].instead}
    assert found.text in (entries or {""})
    assert ("no narrower kind" in found.title) == (not entries)
    assert found.next_best is not None
    assert "a secret store that hands it to the one process" in found.next_best
    assert found.source.startswith("https://")
