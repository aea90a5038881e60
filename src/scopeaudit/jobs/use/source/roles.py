"""What part a file of source code plays: a test in which a service is stood in for, a server with routes."""

import re
from pathlib import PurePosixPath

_TEST_FOLDERS = frozenset(
    {
        "test",
        "tests",
        "spec",
        "specs",
        "__tests__",
        "__mocks__",
        "testing",
        "testdata",
        "fixtures",
        "mocks",
        "e2e",
    }
)
_TEST_NAME = re.compile(
    r"(?:^|[._-])(?:tests?|spec|mocks?)\.[A-Za-z]{1,5}$|^(?:test|conftest)[_.]|(?:Tests?|Spec|TestCase|Specs)\.[a-z]{1,6}$"
)
_STANDS_IN = re.compile(
    r"\bmock|mock(?:ito|k|er|server|ed|s)?\b|\b(?:un)?stub|\bfakes?\b|Fake[A-Z]|Mock[A-Z]|Stub[A-Z]|\bnock\b|\brespx\b|\bresponses\b|\bwebmock\b"
    r"|\bvcr\b|VCR|\bsinon\b|\b(?:vi|jest)\.(?:fn|spyOn)|NSubstitute|\bMoq\b|FakeItEasy|\bmsw\b|httptest|URLProtocol"
    r"|\bmoto\b|Stubber|Req\.Test|\bBypass\b|\bMox\b|\bHammox\b|localstack|monkeypatch|httpretty|pook|requests_mock|Http::fake|->fake\("
    r"|MockHandler|prophesize|createMock|getMockBuilder|gomock|wiremock|Betamax|cassette|test_double|instance_double|allow\(",
    re.IGNORECASE,
)
_SERVES = re.compile(
    r"""["'](?:express|fastify|koa|@koa/router|koa-router|hono|restify|@hapi/hapi|elysia|@nestjs/common|polka"""
    r"""|find-my-way|itty-router)["'/]"""
    r"""|\b(?:from|import)\s+(?:flask|fastapi|starlette|sanic|bottle|tornado|falcon|litestar|quart|django\.urls)\b"""
    r"""|aiohttp\.web\b|import web\b"""
    r"""|["'](?:sinatra|grape|roda|hanami)[/"']|Sinatra::|Grape::API|routes\.draw|Phoenix\.Router"""
    r"""|Plug\.Router|, :router\b"""
    r"|io\.ktor\.server|springframework\.web\.bind\.annotation|@RestController|(?:javax|jakarta)\.ws\.rs|io\.javalin|http4k|akka\.http\.scaladsl\.server"
    r"|org\.http4s\.dsl|pekko\.http|go-chi/chi|gin-gonic/gin|labstack/echo|gofiber/fiber|gorilla/mux|NewServeMux|httprouter|ListenAndServe"
    r"|\baxum\b|\bactix_web\b|\brocket::|\bwarp::|\bpoem::|Facades.Route\b|Slim.Factory|Routing.(?:Annotation|Attribute).Route|AspNetCore|\.Map(?:Get|Post|Put|Delete|Patch)\("
    r"|\bimport Vapor\b|package:shelf|\[Http(?:Get|Post|Put|Delete|Patch)\b"
)
_SENDS_BY_ANNOTATION = re.compile(
    r"retrofit|\bfeign|FeignClient|@HttpExchange|@(?:Get|Post|Put|Patch|Delete)Exchange|\bRefit\b|RestEase|RegisterRestClient"
    r"|\buplink\b|@RestApi|ktorfit|@Client\(|WebApiClient|service\.annotation",
    re.IGNORECASE,
)


def is_test(path: str) -> bool:
    """Whether a file is one of the folder's tests, by where it lies and what it is called."""
    parts = PurePosixPath(path)
    folders = {part.lower() for part in parts.parts[:-1]}
    return (
        bool(folders & _TEST_FOLDERS)
        or any(part.endswith((".Tests", ".Test", "Tests")) for part in parts.parts[:-1])
        or _TEST_NAME.search(parts.name) is not None
    )


def stands_in(text: str) -> bool:
    """Whether a test puts something in the place of the services it names."""
    return _STANDS_IN.search(text) is not None


def serves(text: str) -> bool:
    """Whether a file names what routes of one's own are declared with."""
    return _SERVES.search(text) is not None


def sends_by_annotation(text: str) -> bool:
    """Whether annotations of a file declare requests that are sent, not routes that are served."""
    return _SENDS_BY_ANNOTATION.search(text) is not None
