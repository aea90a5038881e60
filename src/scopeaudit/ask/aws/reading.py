"""Reads the policies of a user or role: what to ask, what to ask next, and what it all comes to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from scopeaudit.ask.aws.actions import READ_ONLY_ACTIONS
from scopeaudit.ask.aws.answers import list_at, text_at
from scopeaudit.ask.aws.conditions import Context
from scopeaudit.ask.aws.evaluate import Holdings, Unread
from scopeaudit.ask.aws.managed import READ_ONLY, aws_name, documented
from scopeaudit.ask.aws.policies import Policy, parse_policy
from scopeaudit.ask.aws.principal import Principal, PrincipalKind
from scopeaudit.model.authority import Evidence, EvidenceKind

Result = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, and what to do with its answer."""

    question: str
    """An entry of `actions.READ_ONLY_ACTIONS`."""
    parameters: Mapping[str, str]
    then: Callable[[Result], Iterable["Ask"]]
    """Takes one page in, and gives what to ask next."""
    lost: Callable[[str], Iterable["Ask"]]
    """Takes the reason why there is no answer: a code of AWS's, or words."""
    action_names: tuple[str, ...] = ()
    marker: str | None = None
    page: int = 1
    attempt: int = 1


class PolicyReading:
    """Everything that is learnt about one user's or role's policies."""

    def __init__(self, principal: Principal, reading_operations: frozenset[str]) -> None:
        """`reading_operations` are the provider's operations that only list or read."""
        self._principal = principal
        self._reading_operations = reading_operations
        self._inline: list[Policy] = []
        self._unread: list[Unread] = []
        self._titles: dict[str, list[str]] = {}
        self._documents: dict[str, tuple[str, Evidence]] = {}
        self._missing: dict[str, str] = {}
        self._boundary: str | Unread | None = None
        self.refusals: dict[str, list[str]] = defaultdict(list)
        """Reason to the questions that were not answered for it."""
        self.role_arn: str | None = None
        self.tags: dict[str, str] | None = None

    def opening(self) -> tuple[Ask, ...]:
        """What to ask first."""
        holder, name = self._principal.shown, self._principal.name
        if self._principal.kind is PrincipalKind.ROLE_SESSION:
            return (
                self._ask("iam:GetRole", {"RoleName": name}, self._take_role, self._lose_boundary),
                *self._lists("Role", holder, name),
            )
        return (
            self._ask("iam:GetUser", {"UserName": name}, self._take_user, self._lose_boundary),
            *self._lists("User", holder, name),
            self._ask(
                "iam:ListGroupsForUser",
                {"UserName": name},
                self._take_groups,
                partial(self._lose, f"policies of the groups of {holder}"),
            ),
        )

    def _ask(
        self,
        question: str,
        parameters: Mapping[str, str],
        then: Callable[[Result], Iterable[Ask]],
        lose: Callable[[str], None],
    ) -> Ask:
        def lost(why: str) -> tuple[Ask, ...]:
            if question not in self.refusals[why]:
                self.refusals[why].append(question)
            lose(why)
            return ()

        return Ask(question, parameters, then, lost)

    def _lists(self, kind: str, holder: str, name: str) -> tuple[Ask, ...]:
        parameters = {f"{kind}Name": name}
        return (
            self._ask(
                f"iam:ListAttached{kind}Policies",
                parameters,
                partial(self._take_attached, holder),
                partial(self._lose, f"managed policies of {holder}"),
            ),
            self._ask(
                f"iam:List{kind}Policies",
                parameters,
                partial(self._take_names, kind, holder, name),
                partial(self._lose, f"inline policies of {holder}"),
            ),
        )

    def _lose(self, title: str, why: str) -> None:
        self._unread.append(Unread(title, why))

    def _lose_boundary(self, why: str) -> None:
        self._boundary = Unread(f"whether {self._principal.shown} has a permissions boundary", why)

    def _take_user(self, result: Result) -> Iterable[Ask]:
        tags = [(text_at(each, "Key"), text_at(each, "Value")) for each in list_at(result, "User", "Tags")]
        self.tags = {key: value or "" for key, value in tags if key}
        return self._take_boundary(result, "User")

    def _take_role(self, result: Result) -> Iterable[Ask]:
        self.role_arn = text_at(result, "Role", "Arn")
        return self._take_boundary(result, "Role")

    def _take_boundary(self, result: Result, kind: str) -> Iterable[Ask]:
        owner = result.get(kind)
        if not isinstance(owner, Mapping):
            self._lose_boundary("an answer we do not understand")
            return ()
        if "PermissionsBoundary" not in owner:
            return ()
        arn = text_at(owner, "PermissionsBoundary", "PermissionsBoundaryArn")
        if arn is None:
            self._lose_boundary("an answer we do not understand")
            return ()
        self._boundary = arn
        return self._read_managed(arn)

    def _take_groups(self, result: Result) -> Iterable[Ask]:
        for each in list_at(result, "Groups"):
            name = text_at(each, "GroupName")
            if name is None:
                self._lose("policies of a group without a name", "an answer we do not understand")
            else:
                yield from self._lists("Group", f"group {name}", name)

    def _take_attached(self, holder: str, result: Result) -> Iterable[Ask]:
        for each in list_at(result, "AttachedPolicies"):
            arn = text_at(each, "PolicyArn")
            if arn is None:
                self._lose(f"a managed policy of {holder}", "an answer we do not understand")
                continue
            is_new = arn not in self._titles
            self._titles.setdefault(arn, []).append(holder)
            if is_new:
                yield from self._read_managed(arn)

    def _take_names(self, kind: str, holder: str, name: str, result: Result) -> Iterable[Ask]:
        for policy in list_at(result, "PolicyNames"):
            title = f"inline policy {policy} of {holder}"
            question = f"iam:Get{kind}Policy"
            yield self._ask(
                question,
                {f"{kind}Name": name, "PolicyName": str(policy)},
                partial(self._take_inline, title, question),
                partial(self._lose, title),
            )

    def _take_inline(self, title: str, question: str, result: Result) -> tuple[Ask, ...]:
        document = text_at(result, "PolicyDocument")
        policy = parse_policy(document or "", title, _read_with(question))
        if isinstance(policy, Policy):
            self._inline.append(policy)
        else:
            self._lose(title, policy)
            self.refusals[policy].append(question)
        return ()

    def _read_managed(self, arn: str) -> tuple[Ask, ...]:
        """Both questions about a managed policy, unless they are under way."""
        if arn in self._documents or arn in self._missing:
            return ()
        self._missing[arn] = "it was not asked for"
        then = partial(self._take_version, arn)
        return (self._ask("iam:GetPolicy", {"PolicyArn": arn}, then, partial(self._lose_managed, arn)),)

    def _lose_managed(self, arn: str, why: str) -> None:
        self._missing[arn] = why

    def _take_version(self, arn: str, result: Result) -> tuple[Ask, ...]:
        version = text_at(result, "Policy", "DefaultVersionId")
        if version is None:
            self._lose_managed(arn, "an answer we do not understand")
            return ()
        return (
            self._ask(
                "iam:GetPolicyVersion",
                {"PolicyArn": arn, "VersionId": version},
                partial(self._take_document, arn),
                partial(self._lose_managed, arn),
            ),
        )

    def _take_document(self, arn: str, result: Result) -> tuple[Ask, ...]:
        document = text_at(result, "PolicyVersion", "Document")
        if document is None:
            self._lose_managed(arn, "an answer we do not understand")
        else:
            self._documents[arn] = (document, _read_with("iam:GetPolicyVersion"))
            self._missing.pop(arn, None)
        return ()

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of all policies that were heard of, sorted."""
        names = {policy.title.removesuffix(f" of {self._principal.shown}") for policy in self._inline}
        return tuple(sorted(names | {arn.rpartition("/")[2] for arn in self._titles}))

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the permissions boundary, if one is known."""
        return self._boundary if isinstance(self._boundary, str) else None

    def holdings(self, context: Context) -> Holdings:
        """All that was read and all that was not."""
        managed = [
            self._managed(arn, f"managed policy {arn.rpartition('/')[2]} of {' and '.join(holders)}")
            for arn, holders in self._titles.items()
        ]
        boundary: Policy | Unread | None
        if isinstance(self._boundary, str):
            name = self._boundary.rpartition("/")[2]
            title = f"permissions boundary {name} of {self._principal.shown}"
            boundary = self._managed(self._boundary, title)
        else:
            boundary = self._boundary
        return Holdings(
            policies=[*self._inline, *(each for each in managed if isinstance(each, Policy))],
            unread=[*self._unread, *(each for each in managed if isinstance(each, Unread))],
            boundary=boundary,
            has_unseen_session_policy=self._principal.kind is PrincipalKind.ROLE_SESSION,
            context=context,
            partition=self._principal.partition,
        )

    def _managed(self, arn: str, title: str) -> Policy | Unread:
        """The policy as read, or else as AWS documents it, or else what is known of it."""
        why = self._missing.get(arn, "it was not asked for")
        if arn in self._documents:
            policy = parse_policy(self._documents[arn][0], title, self._documents[arn][1])
            if isinstance(policy, Policy):
                return policy
            why = policy
        if (published := documented(arn, title)) is not None:
            return published
        if aws_name(arn) in READ_ONLY:
            return Unread(title, why, self._reading_operations, may_deny=False)
        return Unread(title, why)


def _read_with(question: str) -> Evidence:
    return Evidence(EvidenceKind.ASKED, f"{question} → 200", READ_ONLY_ACTIONS[question].source)
