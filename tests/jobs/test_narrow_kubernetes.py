"""A Role for a job, judged by the rules that Kubernetes documents for roles."""

import itertools

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.model.job import Allowance, Job, OperationGlob
from tests.jobs.narrow_world import job, narrowed

VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
RESOURCES = [
    "pods",
    "pods/log",
    "pods/exec",
    "secrets",
    "configmaps",
    "deployments.apps",
    "jobs.batch",
    "nodes",
]
WORDS = [f"{verb} {resource}" for verb, resource in itertools.product(VERBS, RESOURCES)]


def permits(role: dict, verb: str, group: str, resource: str, name: str = "") -> bool:
    """https://kubernetes.io/docs/reference/access-authn-authz/rbac/: any rule suffices, there are no denials."""
    return any(
        group in rule["apiGroups"]
        and resource in rule["resources"]
        and verb in rule["verbs"]
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
        for rule in role["rules"]
    )


def permitted(text: str) -> set[str]:
    """The words of `WORDS` that the roles of a text permit, on anything: a Role nothing outside of namespaces."""
    roles = [each for each in yaml.safe_load_all(text) if each["kind"] in ("Role", "ClusterRole")]
    found = set()
    for word in WORDS:
        verb, _, target = word.partition(" ")
        resource, _, group = target.partition(".")
        for role in roles:
            reaches = role["kind"] == "ClusterRole" or resource != "nodes"
            if reaches and permits(role, verb, group, resource):
                found.add(word)
    return found


@given(st.frozensets(st.sampled_from(WORDS), min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_the_role_permits_what_the_job_names_and_nothing_else(words):
    found = narrowed(job("kubernetes", *sorted(words), resources=["namespace/shop"]))
    assert permitted(found.text) == words
    assert found.missing == ()
    kinds = [each["kind"] for each in yaml.safe_load_all(found.text)]
    assert ("ClusterRole" in kinds) == any(each.endswith(" nodes") for each in words)
    assert ("Role" in kinds) == any(not each.endswith(" nodes") for each in words)


def test_what_lies_outside_of_namespaces_gets_a_cluster_role_of_its_own_and_nothing_else_does():
    words = ["get pods", "get nodes", "list customresourcedefinitions"]
    found = narrowed(job("kubernetes", *words, resources=["namespace/shop", "nodes/worker-1"]))
    account, role, binding, cluster, everywhere = yaml.safe_load_all(found.text)
    assert [each["kind"] for each in (account, role, binding)] == ["ServiceAccount", "Role", "RoleBinding"]
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    assert cluster == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "shop-its-job"},
        "rules": [
            {"apiGroups": [""], "resources": ["nodes"], "resourceNames": ["worker-1"], "verbs": ["get"]},
            {
                "apiGroups": ["apiextensions.k8s.io"],
                "resources": ["customresourcedefinitions"],
                "verbs": ["list"],
            },
        ],
    }
    assert everywhere == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "shop-its-job"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "shop-its-job"},
        "subjects": [{"kind": "ServiceAccount", "name": "its-job", "namespace": "shop"}],
    }
    assert any(
        each.startswith("get nodes, list customresourcedefinitions: these lie") for each in found.remains
    )


def test_the_text_is_an_account_a_role_and_their_binding():
    found = narrowed(
        job("kubernetes", "get pods", "list pods", "get configmaps", resources=["namespace/shop"])
    )
    account, role, binding = yaml.safe_load_all(found.text)
    where = {"name": "its-job", "namespace": "shop"}
    assert account == {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": where}
    assert role == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": where,
        "rules": [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        ],
    }
    assert binding == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": where,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "its-job"},
        "subjects": [{"kind": "ServiceAccount", **where}],
    }


def test_names_limit_what_can_be_limited_to_names():
    words = ["get secrets", "list secrets", "get pods"]
    found = narrowed(job("kubernetes", *words, resources=["namespace/shop", "secrets/app-config"]))
    role = list(yaml.safe_load_all(found.text))[1]
    assert permits(role, "get", "", "secrets", "app-config")
    assert not permits(role, "get", "", "secrets", "database")
    assert permits(role, "list", "", "secrets")
    assert permits(role, "get", "", "pods", "any")
    assert any(each.startswith("list secrets, whatever the name: ") for each in found.remains)


def test_resources_that_are_named_without_their_group_get_the_right_one():
    found = narrowed(job("kubernetes", "patch deployments", resources=["namespace/shop"]))
    assert permitted(found.text) == {"patch deployments.apps"}
    assert any("make pods" in each for each in found.remains)


@pytest.mark.parametrize("word", ["* pods", "get *", "get", "pods", "impersonate users", "escalate roles"])
def test_wildcards_and_what_is_no_verb_are_left_out_and_told(word):
    written = Allowance(word, 1, OperationGlob(word))
    entry = Job(
        name="j", credentials=(), allow=(written,), provider="kubernetes", resources=("namespace/shop",)
    )
    found = narrowed(entry)
    assert found.missing == (word,)
    assert list(yaml.safe_load_all(found.text))[1]["rules"] == []


@pytest.mark.parametrize("hostile", ["namespace/a\nb: c", "namespace/-x", 'namespace/"', "namespace/a b"])
def test_a_hostile_namespace_is_not_written(hostile):
    found = narrowed(job("kubernetes", "get pods", resources=[hostile]))
    assert list(yaml.safe_load_all(found.text))[1]["metadata"]["namespace"] == "default"
    assert any("names no namespace" in each for each in found.remains)
