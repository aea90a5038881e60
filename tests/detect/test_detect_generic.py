"""Values that look secret, in every notation they are written in, and what only resembles them."""

import base64
import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.detect import generic
from scopeaudit.detect.engine import Engine
from scopeaudit.detect.readers import READERS
from scopeaudit.detect.value import Value
from scopeaudit.detect.view import View
from scopeaudit.model.candidate import CandidateType
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

NAMES = list(generic.EXPRESSIONS)
ENGINE = Engine("tests of generic values", lambda: dict(enumerate(generic.EXPRESSIONS.values())))
ALPHABETS = (
    string.ascii_letters + string.digits,
    string.ascii_lowercase + string.digits,
    "0123456789abcdef",
    string.ascii_letters + string.digits + "-_",
    string.ascii_letters + string.digits + "+/",
    string.ascii_uppercase + "234567",
)


def found(path: str, text: str) -> list[str]:
    """The values that are reported."""
    data = text.encode()
    return [data[each.start : each.end].decode() for each in values(path, data)]


def values(path: str, data: bytes) -> list[Value]:
    view = View(Document(Source.TREE, path, data))
    ends = {NAMES[number]: offsets for number, offsets in ENGINE.ends(data).items()}
    return list(generic.values(view, ends))


def drawn(seed: int, length: int = 32, alphabet: str = ALPHABETS[0]) -> str:
    """Text from a generator, of letters and digits."""
    source = random.Random(seed)
    while True:
        text = "".join(source.choices(alphabet, k=length))
        if sum(map(str.isdigit, text)) >= 3 and any(map(str.isalpha, text)) and text[0].isalnum():
            return text


FORMATS = {
    ".env": "DB_PASSWORD={}\n",
    "settings.yaml": "service:\n  api_token: {}\n",
    "quoted.yml": 'service:\n  client_secret: "{}"\n',
    "deployment.yaml": "env:\n  - name: DB_PASSWORD\n    value: {}\n",
    "settings.json": '{{"database": {{"password": "{}"}}}}',
    "settings.toml": '[api]\naccess_token = "{}"\n',
    "settings.ini": "[client]\npassword = {}\n",
    "app.properties": "spring.datasource.password={}\n",
    "web.config": '<add key="DbPassword" value="{}"/>',
    "settings.xml": "<server><password>{}</password></server>",
    "Info.plist": "<key>ApiToken</key>\n  <string>{}</string>",
    "main.tf": 'resource "x" "y" {{\n  master_password    = "{}"\n}}\n',
    "variables.tf": 'variable "db_password" {{\n  type    = string\n  default = "{}"\n}}\n',
    "terraform.tfstate": '{{"attributes": {{"secret_access_key": "{}"}}}}',
    "deploy.sh": "export API_TOKEN='{}'\n",
    "login.sh": "tool login --user me --password {}\n",
    "list.json": '["tool", "--token", "{}"]',
    "Dockerfile": "FROM scratch\nENV DB_PASSWORD={}\n",
    "docker-compose.yml": "services:\n  db:\n    environment:\n      - MYSQL_ROOT_PASSWORD={}\n",
    "analysis.ipynb": '{{"cells": [{{"source": ["api_key = \\"{}\\"\\n"]}}]}}',
    "app.py": 'API_SECRET = "{}"\n',
    "typed.py": 'password: str = "{}"\n',
    "below.py": 'api_secret = (\n    "{}"\n)\n',
    "app.js": "const config = {{ clientSecret: '{}' }};\n",
    "app.ts": 'const apiKey: string = "{}";\n',
    "main.go": 'const apiToken = "{}"\n',
    "called.go": 'secret := []byte("{}")\n',
    "Main.java": 'private static final String API_KEY = "{}";\n',
    "Setter.java": 'source.setPassword("{}");\n',
    "App.scala": 'val db = Login(password = Some("{}"))\n',
    "App.m": 'NSString *password = @"{}";\n',
    "wp.php": "define('DB_PASSWORD', '{}');\n",
    "app.rb": ":password => '{}'\n",
    "schema.sql": "CREATE USER app WITH PASSWORD '{}';\n",
    "grants.sql": "CREATE USER 'app'@'%' IDENTIFIED BY '{}';\n",
    "notes.ps1": "$s = ConvertTo-SecureString '{}' -AsPlainText -Force\n",
    "curl.sh": "curl -u admin:{} https://intern.example.net/\n",
    "header.sh": 'curl -H "Authorization: Bearer {}" https://intern.example.net/\n',
    "query.py": 'get("https://intern.example.net/x?access_token={}&page=2")\n',
    "backup.sh": "mysqldump -u root -p{} shop\n",
    "pass.sh": "sshpass -p '{}' ssh root@intern\n",
    "redis.conf": "broker = redis://:{}@cache:6379/0\n",
    "home/.pgpass": "db.intern:5432:shop:app:{}\n",
    "commented.conf": "# admin_password = {}\n",
    "NOTES.md": "- **password**: {}\n",
}


@pytest.mark.parametrize("path", FORMATS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(20, 64))
def test_a_drawn_secret_is_found_in_every_format(path: str, seed: int, length: int) -> None:
    """The same examples in each run; the shorter a drawn text, the likelier it reads like words."""
    secret = drawn(seed, length)
    assert secret in found(path, FORMATS[path].format(secret)), secret


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_whatever_it_is_made_of(alphabet: str) -> None:
    missed = [
        secret
        for seed in range(300)
        if (secret := drawn(seed, 32, alphabet)) not in found(".env", f"API_TOKEN={secret}\n")
    ]
    assert len(missed) <= 3, missed


def test_of_sixteen_characters_one_in_a_thousand_is_missed() -> None:
    missed = [
        text for seed in range(3000) if found(".env", f"API_TOKEN={(text := drawn(seed, 16))}\n") != [text]
    ]
    assert len(missed) <= 6, missed


@pytest.mark.parametrize("path", FORMATS)
@pytest.mark.parametrize(
    "word",
    ["${{DB_PASSWORD}}", "changeme", "<your-password>", "your_token_here", "password", "xxxxxxxxxxxxxxxxxx"],
)
def test_references_and_placeholders_are_not(path: str, word: str) -> None:
    if path == "home/.pgpass":
        return
    assert found(path, FORMATS[path].format(word.replace("{{", "{").replace("}}", "}"))) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "password = settings.database.password\n"),
        ("a.py", 'token = os.getenv("GITHUB_TOKEN_12345")\n'),
        ("a.js", "const jwt = require('jsonwebtoken');\n"),
        ("a.go", 'apiKey := ctx.GetHeader("X-API-Key-2021-v1")\n'),
        ("a.php", "'key' => env('ABLY_KEY_9X2'),\n"),
        ("a.py", "key = Encrypter.generate('AES-256-CBC-HS512')\n"),
        ("a.py", 'Column("rule_object_id", Integer, key="rule_object_id")\n'),
        ("a.ts", "key: 'react-vulcanjs-2',\n"),
        ("en.json", '{"password": "Choose at least 8 characters"}'),
        ("fr.json", '{"password": "Mot de passe oublié"}'),
        ("a.json", f'{{"sha256": "{drawn(1)}", "integrity": "sha512-{drawn(2)}"}}'),
        ("a.yaml", f"password_hash: {drawn(3)}\npublic_key: {drawn(4)}\ncache_key: {drawn(5)}\n"),
        ("a.csproj", "PublicKeyToken=b77a5c561934e089"),
        ("vectors.txt", "PrivateKey=KAS-ECC-CDH_P-192_C0\nPeerKey=BOB_cf_c2pnb163v1_PUB\n"),
        ("users.php", "'password' => '$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi',\n"),
        ("scan.md", 'sqlmap -u "http://127.0.0.1:8000/?id=1" --dump\n'),
        ("a.html", '<input type="password" name="password" placeholder="Password123">'),
        ("tests/test_a.py", f"key = '{drawn(6)}'\nfakeToken = '{drawn(7)}'\n"),
        ("tests/test_a.py", "password = 'Banana42!'\n"),
        ("compose.yml", "REDIS_PASSWORD=redis42\n"),
        (".github/workflows/ci.yml", "env:\n  DB_PASSWORD: Forge123\n"),
        ("docs/users.txt", "root:$6$9fK2xq$x0ZkJ8dQpL2mN4vB6\n"),
    ],
)
def test_what_only_resembles_a_secret(path: str, text: str) -> None:
    assert found(path, text) == []


def test_hashes_count_in_files_of_users() -> None:
    digest = "$6$9fK2xq$x0ZkJ8dQpL2mN4vB6"
    assert found("etc/shadow", f"root:{digest}:17431:0\n") == [digest]


def test_a_json_web_key_shows_its_private_member() -> None:
    secret = drawn(8, 43, ALPHABETS[3])
    text = f"const jwk = {{ kty: 'EC', crv: 'P-256', x: '{drawn(9, 43)}', d: '{secret}' }};"
    assert found("key.js", text) == [secret]
    assert found("key.js", text.replace("kty", "typ")) == []


def test_a_login_in_a_header_is_its_password() -> None:
    login = base64.b64encode(f"admin:{drawn(10, 20)}".encode()).decode()
    both = [each.type for each in values("a.http", f"Authorization: Basic {login}\n".encode())]
    assert both == [CandidateType.PASSWORD]
    plain = base64.b64encode(b"admin:password").decode()
    assert found("a.http", f"Authorization: Basic {plain}\n") == []


def test_a_seed_of_one_time_passwords() -> None:
    seed = drawn(11, 32, string.ascii_uppercase + "234567")
    assert found("login.rb", f"otp = ROTP::TOTP.new('{seed}')\n") == [seed]
    assert found("a.txt", f"otpauth://totp/me?secret={seed}&issuer=x\n") == [seed]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("DB_PASSWORD={}", "DB_PASSWORD", CandidateType.PASSWORD),
        ("client_secret: '{}'", "client_secret", CandidateType.SECRET),
        ('apiKey = "{}"', "apiKey", CandidateType.KEY),
        ("APP_KEY=base64:{}=", "APP_KEY", CandidateType.KEY),
        ("a.b.token={}", "a.b.token", CandidateType.TOKEN),
        ("run --api-token {}", "api-token", CandidateType.TOKEN),
    ],
)
def test_the_name_and_type_of_a_value(text: str, name: str, kind: CandidateType) -> None:
    one = values("settings.conf", text.format(drawn(12)).encode())
    assert [(each.name, each.type) for each in one] == [(name, kind)]


def test_every_expression_has_a_reader() -> None:
    assert READERS.keys() == generic.EXPRESSIONS.keys()


def test_each_value_once() -> None:
    secret = drawn(13)
    assert found("a.yaml", f'secret_token_key: "{secret}"\n') == [secret]


@pytest.mark.parametrize(
    "part",
    [
        f'var a={{token:"{drawn(14)}",password:"label",key:e.key}};',
        'password:"""""',
        "key=",
        '<add key="password" value="',
        'password(a(b(c(d("',
        f'"kty":"RSA","d":"{drawn(15, 300)}",',
        "https://user:pw123456abc@host/x ",
        "a.b.c.password=a.b.c.d ",
        "mysql mysql mysql -p",
    ],
)
def test_a_long_line_takes_no_longer_than_its_bytes(part: str) -> None:
    """Five times the line, at most a good five times the time: reading stops at the limit, and looks nearby only."""
    spent = []
    for size in (1 << 20, 5 << 20):
        data = (part * (size // len(part))).encode()
        start = time.process_time()
        values("app.min.js", data)
        spent.append(time.process_time() - start)
    assert spent[1] < 10 * spent[0] + 2, spent
