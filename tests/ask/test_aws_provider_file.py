import pytest
from aws_samples import catalogue, key_id, provider

from scopeaudit.ask.aws.actions import READ_ONLY_ACTIONS
from scopeaudit.ask.aws.key_ids import account_of, is_temporary
from scopeaudit.ask.aws.principal import PrincipalKind
from scopeaudit.ask.aws.signing import KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN
from scopeaudit.ask.aws.simulate import batches, dangerous
from scopeaudit.catalogue.operations import select_by_name
from scopeaudit.catalogue.provider import Scheme
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.detect import build_engine, detect
from scopeaudit.detect.plan import plan
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

KINDS = [(kind, at) for kind in provider().kinds for at in range(len(kind.examples))]
COUNTERS = [(kind, at) for kind in provider().kinds for at in range(len(kind.counterexamples))]


def found_in(text: str) -> list[str]:
    kinds = [("aws", kind) for kind in provider().kinds]
    document = Document(source=Source.TREE, path="credentials", data=text.encode())
    return [
        each.credential.kind
        for each in detect([document], plan(kinds), build_engine(plan(kinds))).credentials
    ]


@pytest.mark.parametrize(("kind", "at"), KINDS)
def test_every_example_is_found(kind: object, at: int) -> None:
    assert found_in(expand(kind.examples[at], seed=5)) == [kind.id]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "at"), COUNTERS)
def test_no_counterexample_is_found(kind: object, at: int) -> None:
    assert kind.id not in found_in(expand(kind.counterexamples[at], seed=5))  # type: ignore[attr-defined]


def test_a_found_key_has_what_signing_needs() -> None:
    template = next(kind for kind in provider().kinds if kind.id == "session-key").examples[0]
    kinds = [("aws", kind) for kind in provider().kinds]
    text = expand(f"{template}\nAWS_REGION=eu-west-1", seed=5)
    document = Document(source=Source.TREE, path=".env", data=text.encode())
    (held,) = detect([document], plan(kinds), build_engine(plan(kinds))).credentials
    assert set(held.companions) >= {KEY_ID, SESSION_TOKEN}
    assert SECRET_ACCESS_KEY not in held.companions
    context = dict(held.credential.context)
    assert (context["region"], context[KEY_ID]) == ("eu-west-1", held.companions[KEY_ID].reveal())
    assert len(held.secret.reveal()) == 40


def test_every_kind_that_an_answer_can_tell_is_described() -> None:
    kinds = {kind.id: kind for kind in provider().kinds}
    assert {each.value for each in PrincipalKind} <= set(kinds)
    assert {id_ for id_, kind in kinds.items() if kind.scheme is Scheme.AWS} == {
        "access-key",
        "session-key",
        *(each.value for each in PrincipalKind),
    }
    spoken_for = {kind for each in provider().authority for kind in each.kinds}
    assert spoken_for == set(kinds)


def test_the_hosts_are_those_of_the_actions() -> None:
    assert set(provider().hosts) == {entry.host for entry in READ_ONLY_ACTIONS.values()}


def test_jobs_and_narrower_credentials_name_operations_that_exist() -> None:
    named = [each for job in provider().jobs for each in job.allow]
    named += [each for instead in provider().instead for each in instead.operations]
    globs = [each for each in named if not each.startswith("effect:")]
    assert [each for each in globs if not select_by_name(each, catalogue().ids)] == []


def test_what_matters_most_is_simulated_first_and_fits_the_budget() -> None:
    wanted = dangerous(catalogue())
    assert len(set(wanted)) == len(wanted)
    assert {"s3:DeleteObjectVersion", "rds:DeleteDBSnapshot", "backup:DeleteRecoveryPoint"} <= set(
        wanted[:200]
    )
    assert len(list(batches(wanted))) < provider().budget / 2
    assert {"iam:CreateAccessKey", "secretsmanager:GetSecretValue", "s3:PutBucketVersioning"} <= set(wanted)
    assert not {"s3:GetObject", "ec2:DescribeInstances"} & set(wanted)


@pytest.mark.parametrize(
    ("key", "account"),
    [
        (key_id("000000000001"), "000000000001"),
        (key_id("999999999999"), "999999999999"),
        ("ASIA" + "Y34FZKBOKMUTVV7A", "609629065308"),  # the example of the page named in `key_ids`
        ("AKIAI44QH8DHBEXAMPLE", None),
        ("AKIAIAAAAAAAAAAAAAAA", None),
        ("AKIA", None),
        ("AKIA0000000000000000", None),
        ("ÄKIAAAAAAAAAAAAAAAAÄ", None),
    ],
)
def test_a_key_id_names_its_account(key: str, account: str | None) -> None:
    assert account_of(key) == account


def test_the_prefix_says_whether_a_key_is_temporary() -> None:
    assert (is_temporary(key_id(prefix="ASIA")), is_temporary(key_id())) == (True, False)
