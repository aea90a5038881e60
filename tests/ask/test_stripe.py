"""Stripe's keys: what their prefix says, what reads show, and what only a write would show."""

import pytest
from canned import interview, ok

from scopeaudit.ask.request import Answer
from scopeaudit.catalogue.check_kinds import is_found
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import Resource, State
from scopeaudit.model.operation import Effect

RULES = load_rules()
ACCOUNT = "acct_1ABCDEFGHIJKLMNO"
DETAILS = {"id": ACCOUNT, "country": "DE", "settings": {"dashboard": {"display_name": "Acme"}}}
KNOWN = {"/v1/account": ok(DETAILS)}
LIST = ok({"object": "list", "data": []})


def refused(permission: str) -> Answer:
    text = (
        "The provided key 'rk_test_********1234' does not have the required permissions for this endpoint on "
        f"account '{ACCOUNT}'. Having the '{permission}' permission would allow this request to continue."
    )
    return Answer(status=403, body={"error": {"type": "invalid_request_error", "message": text}})


def failed(status: int, message: str) -> Answer:
    return Answer(status=status, body={"error": {"message": message}})


def restricted(answers: dict[str, Answer], kind: str = "restricted-key-test"):
    return interview(RULES, "stripe", kind, expand("rk_test_<alnum:99>"), KNOWN | answers)


@pytest.mark.parametrize(
    ("template", "kind", "environment", "is_secret"),
    [
        ("sk_live_<alnum:24>", "secret-key-live", "live", True),
        ("sk_live_<alnum:99>", "secret-key-live", "live", True),
        ("sk_test_<alnum:99>", "secret-key-test", "test", True),
        ("rk_live_<alnum:99>", "restricted-key-live", "live", True),
        ("rk_test_<alnum:99>", "restricted-key-test", "test", True),
        ("pk_live_<alnum:99>", "publishable-key-live", "live", False),
        ("pk_test_<alnum:99>", "publishable-key-test", "test", False),
        ("sk_org_live_<alnum:60>", "organization-key", None, True),
        ("whsec_<alnum:32>", "webhook-secret", None, True),
    ],
)
def test_every_prefix_is_one_kind(template, kind, environment, is_secret):
    found = [each for each in RULES.providers["stripe"].kinds if is_found(each, expand(f"KEY='{template}'"))]
    assert [(each.id, each.environment, each.secret) for each in found] == [(kind, environment, is_secret)]


def test_a_live_secret_key_may_do_everything_but_simulate():
    result = interview(RULES, "stripe", "secret-key-live", expand("sk_live_<alnum:99>"), KNOWN)
    denied = result.authority.operations("denied")
    assert denied == {each for each in RULES.operations("stripe").ids if "TestHelpers" in each}
    assert result.authority.operations("granted") == RULES.operations("stripe").ids - denied
    assert result.authority.state is State.ACTIVE
    assert result.authority.account == "Acme"
    assert result.authority.resources == (
        Resource(f"account/{ACCOUNT}", "Acme", "live", None, (("country", "DE"),)),
    )
    assert result.evidence("PostRefunds") == {("asked", "GET api.stripe.com/v1/account (account) → 200")}
    assert [request.path for request in result.requests] == ["/v1/account"]


def test_offline_a_secret_key_may_do_everything_as_documented():
    result = interview(RULES, "stripe", "secret-key-test", expand("sk_test_<alnum:99>"))
    assert result.authority.operations("granted") == RULES.operations("stripe").ids
    assert result.evidence("PostPayouts") == {
        ("documented", "a secret key can do everything in its test environment")
    }


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (failed(401, "Invalid API Key provided: sk_test_****"), State.REVOKED),
        (failed(401, "Expired API Key provided: sk_test_****"), State.EXPIRED),
        (failed(500, "An unknown error occurred"), State.UNKNOWN),
        (Answer(failure="no answer within 10 seconds"), State.UNKNOWN),
    ],
    ids=["revoked", "expired", "error", "silence"],
)
def test_the_account_says_whether_a_key_works(answer, state):
    result = interview(
        RULES, "stripe", "secret-key-test", expand("sk_test_<alnum:99>"), {"/v1/account": answer}
    )
    assert result.authority.state is state
    expected = "granted" if state is State.UNKNOWN else "denied"
    assert result.verdicts("PostRefunds") == {"PostRefunds": expected}


def test_a_restricted_key_that_may_not_read_its_account_still_names_it():
    answers = {"/v1/account": refused("rak_accounts_kyc_basic_read")}
    result = restricted(answers)
    assert result.authority.state is State.ACTIVE
    assert result.authority.account == ACCOUNT
    assert result.authority.resources == (Resource(f"account/{ACCOUNT}", ACCOUNT, "test"),)


def test_a_read_that_answers_proves_reading_and_leaves_writing_unknown():
    result = restricted({"/v1/charges": LIST})
    assert result.verdicts("GetCharges", "GetRefunds", "PostRefunds") == {
        "GetCharges": "granted",
        "GetRefunds": "granted",
        "PostRefunds": "unknown",
    }
    assert result.evidence("GetCharges") == {("asked", "GET api.stripe.com/v1/charges (read-charges) → 200")}


def test_a_read_that_is_refused_denies_writing_too():
    result = restricted({"/v1/charges": refused("rak_charge_read")})
    assert result.verdicts("GetCharges", "PostRefunds") == {"GetCharges": "denied", "PostRefunds": "denied"}


def test_an_operation_without_a_documented_permission_stays_unknown():
    answers = {question.http.path: LIST for question in RULES.providers["stripe"].questions if question.http}
    result = restricted(answers)
    assert result.verdicts("GetForwardingRequests", "PostForwardingRequests") == {
        "GetForwardingRequests": "unknown",
        "PostForwardingRequests": "unknown",
    }


def test_another_refusal_says_nothing_of_permissions():
    result = restricted({"/v1/issuing/cards": failed(400, "Your account is not set up to use Issuing.")})
    assert result.verdicts("GetIssuingCards") == {"GetIssuingCards": "unknown"}
    assert (
        "whether it may read cards issued, without their numbers",
        "refused for another reason than a missing permission, which stays unknown",
    ) in result.gaps


@pytest.mark.parametrize(
    ("payouts", "expected"),
    [
        (LIST, {"GetTransfers": "granted", "GetPayouts": "granted", "GetApplicationFees": "unknown"}),
        (
            refused("rak_payout_read"),
            {"GetTransfers": "granted", "GetPayouts": "denied", "GetApplicationFees": "granted"},
        ),
        (
            Answer(failure="no answer"),
            {"GetTransfers": "unknown", "GetPayouts": "unknown", "GetApplicationFees": "unknown"},
        ),
    ],
    ids=["with payouts", "without payouts", "payouts unknown"],
)
def test_transfers_are_read_by_one_of_two_permissions(payouts, expected):
    result = restricted({"/v1/payouts": payouts, "/v1/transfers": LIST})
    assert result.verdicts(*expected) == expected


def test_a_live_restricted_key_is_not_asked_for_test_clocks():
    live = restricted({}, "restricted-key-live")
    assert "read-test-clocks" not in {request.question for request in live.requests}
    assert live.verdicts("GetTestHelpersTestClocks") == {"GetTestHelpersTestClocks": "denied"}


def test_a_question_fits_the_budget_and_asks_for_one_object_at_most():
    requests = restricted({}).requests
    assert len(requests) <= RULES.providers["stripe"].budget
    assert {request.method for request in requests} == {"GET"}
    whole = {"/v1/account", "/v1/balance", "/v1/tax/settings"}
    assert {request.query for request in requests if request.path not in whole} == {(("limit", "1"),)}


def test_no_question_reads_card_numbers_or_the_secrets_of_apps():
    operations = RULES.operations("stripe").operations.values()
    revealing = {
        each.path for each in operations if each.verb == "GET" and each.traits.effect is Effect.REVEAL
    }
    assert {each.http.path for each in RULES.providers["stripe"].questions if each.http} & revealing == set()


@pytest.mark.parametrize(
    ("kind", "template", "expected"),
    [
        ("organization-key", "sk_org_live_<alnum:60>", ("unknown", "unknown")),
        ("publishable-key-live", "pk_live_<alnum:99>", ("denied", "unknown")),
        ("webhook-secret", "whsec_<alnum:32>", ("denied", "denied")),
    ],
)
def test_other_kinds_are_not_asked(kind, template, expected):
    result = interview(RULES, "stripe", kind, expand(template), {})
    assert tuple(result.verdicts("PostRefunds", "PostTokens").values()) == expected
    assert result.requests == []
