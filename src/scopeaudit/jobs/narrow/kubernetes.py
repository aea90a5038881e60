"""A Role for the verbs of a job in one namespace, bound to a service account of its own.

What lies outside of namespaces gets a ClusterRole with those resources and no other.

A job names verb and resource, the group behind a dot: `get pods`, `get pods/log`, `patch deployments.apps`.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping

from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.words import listed, missing_told

_RBAC = "rbac.authorization.k8s.io"
_SOURCE = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
_VERBS = frozenset({"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"})
_NAMELESS = frozenset({"create", "deletecollection", "list", "watch"})
"""Verbs that a rule with names does not allow, or only with a selector for the name.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
"""
_CLUSTER = frozenset({
    "nodes", "namespaces", "persistentvolumes", "componentstatuses", "clusterroles",
    "clusterrolebindings", "customresourcedefinitions", "storageclasses", "volumeattachments",
    "csidrivers", "csinodes", "ingressclasses", "priorityclasses", "runtimeclasses", "apiservices",
    "certificatesigningrequests", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
    "flowschemas", "prioritylevelconfigurations", "selfsubjectaccessreviews", "subjectaccessreviews",
    "tokenreviews",
})  # fmt: skip
"""Resources outside of namespaces, which no Role is about."""
_WORD = re.compile(
    r"(?P<verb>[a-z]+)[ ](?P<resource>[a-z][a-z0-9]*)(?:\.(?P<group>[a-z0-9.-]+))?(?:/(?P<sub>[a-z]+))?"
)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_GROUPS = {
    "deployments": "apps", "statefulsets": "apps", "daemonsets": "apps", "replicasets": "apps",
    "jobs": "batch", "cronjobs": "batch",
    "ingresses": "networking.k8s.io", "networkpolicies": "networking.k8s.io",
    "horizontalpodautoscalers": "autoscaling", "poddisruptionbudgets": "policy",
    "roles": _RBAC, "rolebindings": _RBAC,
    "clusterroles": _RBAC, "clusterrolebindings": _RBAC,
    "customresourcedefinitions": "apiextensions.k8s.io",
    "storageclasses": "storage.k8s.io", "volumeattachments": "storage.k8s.io",
    "csidrivers": "storage.k8s.io", "csinodes": "storage.k8s.io", "ingressclasses": "networking.k8s.io",
    "priorityclasses": "scheduling.k8s.io", "runtimeclasses": "node.k8s.io",
    "apiservices": "apiregistration.k8s.io", "certificatesigningrequests": "certificates.k8s.io",
    "mutatingwebhookconfigurations": "admissionregistration.k8s.io",
    "validatingwebhookconfigurations": "admissionregistration.k8s.io",
    "flowschemas": "flowcontrol.apiserver.k8s.io",
    "prioritylevelconfigurations": "flowcontrol.apiserver.k8s.io",
    "selfsubjectaccessreviews": "authorization.k8s.io", "subjectaccessreviews": "authorization.k8s.io",
    "tokenreviews": "authentication.k8s.io",
}  # fmt: skip
"""The group of a resource that is named without one."""
_WIDE = {
    (
        "create",
        "pods",
    ): "whoever creates pods runs as any service account of the namespace and mounts any secret in it",
    ("create", "pods/exec"): "it runs commands in every pod it may reach, with what that pod may do",
    ("get", "secrets"): "a secret is more authority: what it opens is not counted here",
    ("list", "secrets"): "listing secrets returns what is in them",
    ("watch", "secrets"): "watching secrets returns what is in them",
}
"""Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks"""
_MAKES_PODS = frozenset({"deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs"})
Rule = tuple[str, str, tuple[str, ...]]
"""Group, resource and names; no names for any."""


def kubernetes_role(need: Need) -> Narrower:
    """ServiceAccount, Role and RoleBinding as one YAML text."""
    asked = {each: found for each in sorted(need.needed) if (found := _asked(each)) is not None}
    missing = need.needed - asked.keys()
    namespace, is_named = _namespace(need)
    names = _names(need)
    inside: dict[Rule, set[str]] = defaultdict(set)
    outside: dict[Rule, set[str]] = defaultdict(set)
    for verb, group, resource in asked.values():
        base = resource.partition("/")[0]
        chosen = names.get(base, ()) if verb not in _NAMELESS else ()
        (outside if base in _CLUSTER else inside)[group, resource, chosen].add(verb)
    verbs = {**inside, **outside}
    kinds = " and ".join(["a Role"] * bool(inside or not outside) + ["a ClusterRole"] * bool(outside))
    return Narrower(
        title=f"{kinds} for job {need.slug}, of a service account in namespace {namespace}",
        form=Form.YAML,
        text=_yaml(need.slug, namespace, inside, outside),
        steps=(
            f"save it as {need.slug}.yaml and apply it: kubectl apply -f {need.slug}.yaml",
            (
                f"run the job's pod as this service account, or: kubectl create token {need.slug} -n "
                f"{namespace} --duration=1h"
            ),
            (
                f"try it: kubectl auth can-i --list -n {namespace} "
                f"--as=system:serviceaccount:{namespace}:{need.slug}"
            ),
        ),
        remains=(
            *(() if is_named else (f"the job names no namespace: {namespace} is assumed",)),
            *missing_told(missing, "write verb and resource, such as get pods; * is never granted"),
            *_of_cluster(outside),
            *_of_names(verbs, names),
            *_of_rules(verbs),
        ),
        source=_SOURCE,
        missing=tuple(sorted(missing)),
    )


def _asked(word: str) -> tuple[str, str, str] | None:
    """Verb, group and resource."""
    match = _WORD.fullmatch(word)
    if match is None or match["verb"] not in _VERBS:
        return None
    group = match["group"] if match["group"] is not None else _GROUPS.get(match["resource"], "")
    return match["verb"], group, match["resource"] + (f"/{match['sub']}" if match["sub"] else "")


def _namespace(need: Need) -> tuple[str, bool]:
    named = [each.removeprefix("namespace/") for each in need.resources if each.startswith("namespace/")]
    named += [each for each in [need.context.get("namespace", "")] if each]
    chosen = next((each for each in named if _NAME.fullmatch(each)), None)
    return (chosen, True) if chosen is not None else ("default", False)


def _names(need: Need) -> Mapping[str, tuple[str, ...]]:
    """Resource to the names of the job's own: `secrets/app-config`."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in need.resources:
        resource, slash, name = each.partition("/")
        if slash and resource != "namespace" and _NAME.fullmatch(name):
            found[resource].add(name)
    return {resource: tuple(sorted(names)) for resource, names in found.items()}


def _rules(verbs: Mapping[Rule, set[str]]) -> list[tuple[str, list[str], tuple[str, ...], list[str]]]:
    """As few rules as say the same: resources of one group, with the same names and verbs, share one."""
    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, resource, names), allowed in sorted(verbs.items()):
        own = (resource,) if names else ()
        alike[group, (*own, *names), tuple(sorted(allowed))].append(resource)
    return [
        (group, resources, names[1:], list(allowed))
        for (group, names, allowed), resources in sorted(alike.items())
    ]


def _yaml(
    name: str, namespace: str, inside: Mapping[Rule, set[str]], outside: Mapping[Rule, set[str]]
) -> str:
    """Names are of letters, digits, `.` and `-`; strings are written as JSON, which YAML reads as it is."""
    where = f"  name: {json.dumps(name)}\n  namespace: {json.dumps(namespace)}"
    everywhere = f"  name: {json.dumps(f'{namespace}-{name}')}"
    subject = f"subjects:\n  - kind: ServiceAccount\n{where.replace('  ', '    ')}"
    documents = [f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n{where}"]
    if inside or not outside:
        documents += _role("Role", where, name, inside, subject)
    if outside:
        documents += _role("ClusterRole", everywhere, f"{namespace}-{name}", outside, subject)
    return "\n---\n".join(documents)


def _role(kind: str, where: str, name: str, verbs: Mapping[Rule, set[str]], subject: str) -> tuple[str, str]:
    """A role and its binding; `where` is the metadata of both."""
    written = []
    for group, resources, names, allowed in _rules(verbs):
        written.append(f"  - apiGroups: {json.dumps([group])}\n    resources: {json.dumps(resources)}")
        if names:
            written.append(f"    resourceNames: {json.dumps(list(names))}")
        written.append(f"    verbs: {json.dumps(allowed)}")
    head = f"apiVersion: {_RBAC}/v1\nkind: "
    role = [f"{head}{kind}\nmetadata:\n{where}", *(["rules:", *written] if written else ["rules: []"])]
    reference = f"roleRef:\n  apiGroup: {_RBAC}\n  kind: {kind}\n  name: {json.dumps(name)}"
    return "\n".join(role), f"{head}{kind}Binding\nmetadata:\n{where}\n{reference}\n{subject}"


def _of_cluster(outside: Mapping[Rule, set[str]]) -> tuple[str, ...]:
    words = sorted(f"{verb} {resource}" for (_, resource, _), verbs in outside.items() for verb in verbs)
    if not words:
        return ()
    return (f"{listed(words)}: these lie outside of namespaces, so a ClusterRole grants them in the cluster",)


def _of_names(verbs: Mapping[Rule, set[str]], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    loose = sorted(
        f"{verb} {resource}"
        for (_, resource, chosen), allowed in verbs.items()
        for verb in allowed
        if not chosen and names.get(resource.partition("/")[0])
    )
    if not loose:
        return ()
    why = "Kubernetes cannot limit create and deletecollection to names, nor list and watch"
    return (f"{listed(loose)}, whatever the name: {why} but for clients that select by metadata.name",)


def _of_rules(verbs: Mapping[Rule, set[str]]) -> tuple[str, ...]:
    told = []
    for (_, resource, _), allowed in sorted(verbs.items()):
        told += [why for verb in sorted(allowed) if (why := _WIDE.get((verb, resource))) is not None]
        if resource in _MAKES_PODS and allowed & {"create", "patch", "update"}:
            told.append(f"{resource} make pods: {_WIDE['create', 'pods']}")
    return tuple(dict.fromkeys(told))
