"""What a value is assigned to, in every notation a secret is written in."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.detect.names import hint, is_identifier, is_named, is_secretive, normal, probe
from scopeaudit.detect.structure import assigned, assignments, name_before

V = "VALUE0123"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"RAILWAY_TOKEN={V}", "RAILWAY_TOKEN"),
        (f'export RAILWAY_TOKEN="{V}"', "RAILWAY_TOKEN"),
        (f"token: {V}", "token"),
        (f'"token": "{V}"', "token"),
        (f"'token' => '{V}'", "token"),
        (f":token => '{V}'", "token"),
        (f"curl --api-token {V}", "api-token"),
        (f"x --token={V}", "token"),
        (f'["--token", "{V}"]', "token"),
        (f'-H "X-Key: {V}"', "X-Key"),
        (f'-H "Authorization: Bearer {V}"', "Authorization"),
        (f'const token: string = "{V}";', "token"),
        (f'token: str = "{V}"', "token"),
        (f"ENV TOKEN {V}", "TOKEN"),
        (f"ARG TOKEN={V}", "TOKEN"),
        (f"setenv TOKEN {V}", "TOKEN"),
        (f'token = "{V}"', "token"),
        (f'String token = "{V}";', "token"),
        (f'ENV["TOKEN"] = "{V}"', "TOKEN"),
        (f"os.environ['TOKEN'] = f'{V}'", "TOKEN"),
        (f'os.environ.setdefault("TOKEN", "{V}")', "TOKEN"),
        (f"define('TOKEN', '{V}');", "TOKEN"),
        (f"a.b.token={V}", "a.b.token"),
        (f'<add key="Token" value="{V}"/>', "Token"),
        (f"<token>{V}</token>", "token"),
        (f'<string name="tok">{V}</string>', "tok"),
        (f"<key>tok</key>\n  <string>{V}</string>", "tok"),
        (f"- name: TOKEN\n  value: {V}", "TOKEN"),
        (f'{{"name":"TOKEN","value":"{V}"}}', "TOKEN"),
        (f'{{"value":"{V}","name":"TOKEN"}}', "TOKEN"),
        (f"token:\n  {V}", "token"),
        (f"token: >-\n    {V}", "token"),
        (f'token = (\n  "{V}"', "token"),
        (f"tokens:\n  - {V}", "tokens"),
        (f'"{{\\"token\\":\\"{V}\\"}}"', "token"),
        (f"https://x/?a=b&token={V}", "token"),
        (f'$env:TOKEN = "{V}"', "TOKEN"),
        (f'TOKEN="${{TOKEN:-{V}}}"', "TOKEN"),
        (f"machine x\n login y\n password {V}", "password"),
        (f'if token == "{V}":', "token"),
        (f"//registry/:_authToken={V}", "_authToken"),
        (f'api_key=Secret("{V}")', "api_key"),
        (f'query {{ volumeDelete(volumeId: "{V}") }}', "volumeId"),
        (f"foo({V})", None),
        (V, None),
        (f"# a comment with {V}", None),
    ],
)
def test_the_name_is_read_from_what_stands_before(text: str, name: str | None) -> None:
    assert assigned(text.encode(), text.index(V)).name == name


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        (f"[prod]\ntoken = {V}", ("prod",)),
        (f"[[prod.keys]]\ntoken = {V}", ("prod.keys",)),
        (f"railway:\n  prod:\n    token: {V}", ("railway", "prod")),
        (f'{{\n  "railway": {{\n    "token": "{V}"', ("railway",)),
        (f'{{"railway":{{"a":{{}},"user":{{"token":"{V}"}}}}}}', ("railway", "user")),
        (f'provider "aws" {{\n  access_key = "{V}"', ("aws",)),
        (f"other:\n  x: 1\ntoken: {V}", ()),
    ],
)
def test_the_scope_is_the_section_or_the_parents(text: str, scope: tuple[str, ...]) -> None:
    assert assigned(text.encode(), text.index(V)).scope == scope


def test_names_include_the_last_part_and_the_name_below_its_parents() -> None:
    text = f"railway:\n  prod:\n    my.token: {V}".encode()
    assert assigned(text, text.index(V.encode())).names == (
        "my.token",
        "token",
        "prod.my.token",
        "railway.prod.my.token",
    )


def test_assignments_are_found_in_the_values_of_others_too() -> None:
    text = 'URL="x?token=abc" USER=app\n<port>5432</port>\nENV HOST db'
    found = {(each.name, text[each.start : each.end], each.quoted) for each in assignments(text)}
    assert {
        ("URL", "x?token=abc", True),
        ("token", "abc", False),
        ("USER", "app", False),
        ("port", "5432", False),
        ("HOST", "db", False),
    } <= found


@settings(deadline=None)
@given(st.binary(max_size=600), st.integers(0, 600))
def test_any_bytes_have_an_answer(data: bytes, start: int) -> None:
    assigned(data, min(start, len(data)))
    for each in assignments(data.decode("latin-1")):
        assert 0 <= each.start < each.end <= len(data)


@pytest.mark.parametrize(
    ("name", "globs", "expected"),
    [
        ("RAILWAY_TOKEN", ("railway_token",), True),
        ("railway-token", ("RAILWAY_TOKEN",), True),
        ("railwayToken", ("RAILWAY_TOKEN",), True),
        ("MY_RAILWAY_TOKEN", ("RAILWAY_TOKEN",), False),
        ("MY_RAILWAY_TOKEN", ("*railway*token*",), True),
        ("railway.token", ("railway_token",), False),
        ("railway.token", ("railway.token",), True),
        ("anything", (), False),
    ],
)
def test_globs_over_names(name: str, globs: tuple[str, ...], expected: bool) -> None:
    assert is_named((name,), globs) is expected
    assert not expected or hint(globs).search(f"x {name} = ".encode())


def test_names_say_what_their_values_are() -> None:
    identifiers = ["projectId", "RAILWAY_ENVIRONMENT_ID", "uuid", "aws_access_key_id", "token", "identity"]
    assert [is_identifier(name) for name in identifiers] == [True, True, True, False, False, False]
    secretive = [
        "API_TOKEN",
        "client-secret",
        "userPassword",
        "x-api-key",
        "auth",
        "author",
        "monkey",
        "project",
    ]
    assert [is_secretive(name) for name in secretive] == [True, True, True, True, True, False, False, False]
    assert normal("railwayApi-Token") == "railway_api_token"
    assert normal("Railway__ApiToken") == "railway_api_token"


def test_a_name_of_sections_is_the_name_it_is_with_single_underscores() -> None:
    expression = probe("SENDGRID_API_KEY")
    assert expression is not None
    assert re.search(expression, "App__SENDGRID__API__KEY") is not None
    assert is_named(["Sendgrid__ApiKey"], ("SENDGRID_API_KEY",))


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("PGPASSWORD", "PGPASSWORD"),
        ("*_ldap-pass*", "ldap[-_. ]{0,2}pass"),
        ("*LDAP*PASSWORD*", "LDAP(?s:.){0,100}PASSWORD"),
        ("*GH_TOKEN", "GH[-_. ]{0,2}TOKEN"),
        ("*", None),
        ("a*b", None),
        ("*db*password*", None),
    ],
)
def test_the_pass_looks_for_the_most_telling_part_of_a_glob(glob: str, expected: str | None) -> None:
    assert probe(glob) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f'password = Some("{V}")', "password"),
        (f'AccessKeyId: aws.String("{V}")', "AccessKeyId"),
        (f'key := []byte("{V}")', "key"),
        (f'NSString *password = @"{V}";', "password"),
        (f'x toDestination:y password:@"{V}" error:z', "password"),
        (f'if config["token"] != "{V}":', "token"),
        (f"assert(body.data.password !== '{V}')", "body.data.password"),
        (f'password{" " * 30}= "{V}"', "password"),
        (f"- **password**: {V}", "password"),
        (f'api_secret = (\n    "{V}"\n)', "api_secret"),
        (f"<key>ApiToken</key>\n\t<string>{V}</string>", "ApiToken"),
    ],
)
def test_the_name_before_a_value_wrapped_or_apart(text: str, name: str) -> None:
    assert name_before(text.encode(), text.index(V)) == name


def test_the_name_is_read_from_a_bounded_stretch() -> None:
    """A name further away than that is none; an endless line costs no more than a short one."""
    far = b"password = " + b" " * 300 + V.encode()
    assert name_before(far, len(far) - len(V)) is None
    line = b"a.b(c(d=" * 500_000
    assert name_before(line, len(line)) == "d"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("API_KEY ::= VALUE", "API_KEY"),
        ("API_KEY :::= VALUE", "API_KEY"),
        ('$apiKey .= "VALUE"', "apiKey"),
        ('var apiKey string = "VALUE"', "apiKey"),
        ("<apiKey>\n    VALUE\n</apiKey>", "apiKey"),
        ('variable "api_key" {\n  default = "VALUE"\n}', "api_key"),
    ],
)
def test_less_usual_ways_to_give_a_value_to_a_name(text: str, name: str) -> None:
    assert assigned(text.encode(), text.index("VALUE")).name == name
