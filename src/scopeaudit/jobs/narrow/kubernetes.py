"""A Role for the verbs of a job in one namespace, bound to a service account of its own.

A job names verb and resource, the group behind a dot: `get pods`, `get pods/log`, `patch deployments.apps`.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.words import listed, missing_told

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
    "flowschemas", "prioritylevelconfigurations",
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
    "roles": "rbac.authorization.k8s.io", "rolebindings": "rbac.authorization.k8s.io",
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
    outside = frozenset(each for each, (_, _, resource) in asked.items() if resource in _CLUSTER)
    missing = need.needed - asked.keys()
    namespace, is_named = _namespace(need)
    names = _names(need)
    verbs: dict[Rule, set[str]] = defaultdict(set)
    for each, (verb, group, resource) in asked.items():
        if each not in outside:
            chosen = names.get(resource.partition("/")[0], ()) if verb not in _NAMELESS else ()
            verbs[group, resource, chosen].add(verb)
    return Narrower(
        title=f"a Role in namespace {namespace} for job {need.slug}",
        form=Form.YAML,
        text=_yaml(need.slug, namespace, _rules(verbs)),
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
            *missing_told(outside, "they lie outside of namespaces, where only a ClusterRole reaches"),
            *_of_names(verbs, names),
            *_of_rules(verbs),
        ),
        next_best="a ClusterRole of its own for what lies outside of namespaces, given to a person"
        if outside
        else None,
        source=_SOURCE,
        missing=tuple(sorted(missing | outside)),
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
    name: str, namespace: str, rules: Iterable[tuple[str, list[str], tuple[str, ...], list[str]]]
) -> str:
    """Names are of letters, digits, `.` and `-`; strings are written as JSON, which YAML reads as it is."""
    where = f"  name: {json.dumps(name)}\n  namespace: {json.dumps(namespace)}"
    rbac = "rbac.authorization.k8s.io"
    lines = [
        f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n{where}",
        "---",
        f"apiVersion: {rbac}/v1\nkind: Role\nmetadata:\n{where}",
    ]
    written = []
    for group, resources, names, verbs in rules:
        written.append(f"  - apiGroups: {json.dumps([group])}\n    resources: {json.dumps(resources)}")
        if names:
            written.append(f"    resourceNames: {json.dumps(list(names))}")
        written.append(f"    verbs: {json.dumps(verbs)}")
    lines += ["rules:", *written] if written else ["rules: []"]
    lines += [
        "---",
        f"apiVersion: {rbac}/v1\nkind: RoleBinding\nmetadata:\n{where}",
        f"roleRef:\n  apiGroup: {rbac}\n  kind: Role\n  name: {json.dumps(name)}",
        f"subjects:\n  - kind: ServiceAccount\n{where.replace('  ', '    ')}",
    ]
    return "\n".join(lines)


def _of_names(verbs: Mapping[Rule, set[str]], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    loose = sorted(
        f"{verb} {resource}"
        for (_, resource, chosen), allowed in verbs.items()
        for verb in allowed
        if not chosen and names.get(resource.partition("/")[0])
    )
    return (f"{listed(loose)}: Kubernetes cannot limit these to names",) if loose else ()


def _of_rules(verbs: Mapping[Rule, set[str]]) -> tuple[str, ...]:
    told = []
    for (_, resource, _), allowed in sorted(verbs.items()):
        told += [why for verb in sorted(allowed) if (why := _WIDE.get((verb, resource))) is not None]
        if resource in _MAKES_PODS and allowed & {"create", "patch", "update"}:
            told.append(f"{resource} make pods: {_WIDE['create', 'pods']}")
    return tuple(dict.fromkeys(told))
