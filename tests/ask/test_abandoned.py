"""An interview given up half-way leaves unknown what it did not get to see."""

import datetime

from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.interview import Interview
from scopeaudit.ask.request import Answer
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import (
    AuthorityRule,
    HttpQuestion,
    Kind,
    KindAuthority,
    Pages,
    Provider,
    Question,
    Reading,
    ResourceReading,
)
from scopeaudit.model.authority import Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Operation, Requirement, Traits
from scopeaudit.model.secret import HeldCredential, Secret

URL = "https://docs.acme.example"
REPOSITORIES = ResourceReading(
    type="repository", each="body.items", id="it.id", name="it.id", holds={"role": "[it.role]"}
)
ACME = Provider(
    id="acme",
    name="Acme",
    documentation=URL,
    hosts=("api.acme.example",),
    kinds=(Kind(id="token", title="token", source=URL),),
    questions=(
        Question(
            id="repositories",
            asks="repositories and roles",
            http=HttpQuestion(path="/repositories"),
            pages=Pages(cursor="body.next", into="after"),
            read_only=URL,
            readings=(Reading(when="status == `200`", resources=(REPOSITORIES,)),),
        ),
    ),
    authority=(
        KindAuthority(
            kinds=("token",), rules=(AuthorityRule(needs=("role",)),), summary="what its role may", source=URL
        ),
    ),
)
DELETE = Operation(
    id="repositoryDelete",
    verb="DELETE",
    traits=Traits(effect=Effect.DELETE),
    on="repository",
    requires=(Requirement("role", (frozenset({"admin"}),)),),
)
CATALOGUE = OperationCatalogue(provider="acme", operations={DELETE.id: DELETE})


def verdict_after(following: str | None) -> Verdict:
    credential = Credential("c1", "acme", "token", "…", (Location(Source.TREE, "a", 1),))
    interview = Interview(ACME, HeldCredential(credential, Secret("x")), datetime.datetime.now(datetime.UTC))
    (request,) = interview.requests()
    body = {"items": [{"id": "mine", "role": "read"}], "next": following}
    interview.take(request, Answer(status=200, body=body))
    if interview.requests():
        interview.abandon("the credential's budget of requests is used up")
    authority = conclude(ACME, CATALOGUE, interview.learnt)
    return next(each for each in Verdict if DELETE.id in authority.operations(each))


def test_a_whole_list_denies():
    assert verdict_after(None) is Verdict.DENIED


def test_a_list_given_up_half_way_does_not():
    assert verdict_after("page2") is Verdict.UNKNOWN
