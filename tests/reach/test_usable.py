"""What can be used without being read is told by signs, and none of it is opened, started or called."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scopeaudit.catalogue.places import System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.reach.context import Outlook
from scopeaudit.reach.machine import Machine

KNOWN = load_surroundings(load_rules())
LINUX, MACOS, WINDOWS = System
_OPENED: list[str] = []
_WATCHING = [False]


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _WATCHING[0] and event in ("open", "subprocess.Popen", "os.exec", "socket.connect"):
        _OPENED.append(f"{event} {arguments[0] if arguments else ''}")


sys.addaudithook(_watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    _OPENED.clear()
    _WATCHING[0] = True
    try:
        yield _OPENED
    finally:
        _WATCHING[0] = False


@pytest.mark.parametrize(
    ("store", "system", "path", "variables"),
    [
        ("ssh-agent", LINUX, "run/agent", {"SSH_AUTH_SOCK": "{here}/run/agent"}),
        ("ssh-agent", LINUX, "run/gcr/ssh", {"XDG_RUNTIME_DIR": "{here}/run"}),
        ("gpg-agent", LINUX, "run/gnupg/S.gpg-agent", {"XDG_RUNTIME_DIR": "{here}/run"}),
        ("docker-socket", LINUX, "system/var/run/docker.sock", {}),
        ("docker-socket", MACOS, "home/.orbstack/run/docker.sock", {}),
        ("podman-socket", LINUX, "run/podman/podman.sock", {"XDG_RUNTIME_DIR": "{here}/run"}),
        ("instance-metadata", LINUX, "system/run/cloud-init/instance-data.json", {}),
        ("system-keyring", LINUX, "home/.local/share/keyrings/login.keyring", {}),
        ("system-keyring", MACOS, "home/Library/Keychains/login.keychain-db", {}),
        ("system-keyring", WINDOWS, "home/AppData/Local/Microsoft/Credentials/A1", {}),
        ("sudo", LINUX, "system/run/sudo/ts", {}),
        ("sudo", MACOS, "system/private/var/db/sudo/ts", {}),
        ("browser-profiles", LINUX, "home/.config/google-chrome/Default/Login Data", {}),
        ("browser-profiles", LINUX, "home/.mozilla/firefox/a.default/cookies.sqlite", {}),
        ("browser-profiles", MACOS, "home/Library/Application Support/Google/Chrome/Default/Cookies", {}),
        (
            "browser-profiles",
            WINDOWS,
            "home/AppData/Local/Google/Chrome/User Data/Default/Network/Cookies",
            {},
        ),
        ("pass", LINUX, "home/.password-store/.gpg-id", {}),
        ("1password-agent", LINUX, "home/.1password/agent.sock", {}),
    ],
)
def test_what_is_there_to_be_used_is_told_without_touching_it(
    store: str, system: System, path: str, variables: dict[str, str], tmp_path: Path
) -> None:
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    given = {name: value.replace("{here}", str(tmp_path)) for name, value in variables.items()}

    def found() -> list[str]:
        machine = Machine(tmp_path / "home", tmp_path / "project", system, given, tmp_path / "system")
        return [each.id for each in Outlook(machine, KNOWN, ("any",)).context().usable]

    assert store not in found()
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("x")
    with watched() as opened:
        assert store in found()
    assert not [each for each in opened if path in each]


@pytest.mark.parametrize(
    ("store", "path", "content"),
    [
        ("github-cli", ".config/gh/hosts.yml", "github.com:\n    user: me\n    git_protocol: https\n"),
        (
            "gitlab-cli",
            ".config/glab-cli/config.yml",
            "hosts:\n  gitlab.com:\n    use_keyring: true\n    user: me\n",
        ),
        ("docker", ".docker/config.json", '{"auths": {"r.example": {}}, "credsStore": "desktop"}'),
        ("git", ".gitconfig", "[credential]\n\thelper = osxkeychain\n"),
        (
            "kubeconfig",
            ".kube/config",
            "users:\n- name: x\n  user:\n    exec:\n      command: aws\n      args: [eks, get-token]\n",
        ),
        ("1password", ".config/op/config", '{"accounts": [{"shorthand": "x"}]}'),
    ],
)
def test_a_login_that_is_kept_elsewhere_is_told_and_its_program_is_not_started(
    store: str, path: str, content: str, tmp_path: Path
) -> None:
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    (tmp_path / "home" / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "home" / path).write_text(content)
    machine = Machine(tmp_path / "home", tmp_path / "project", System.LINUX)
    with watched() as opened:
        found = Outlook(machine, KNOWN, ("any",)).context().usable
    assert store in {each.id for each in found}
    assert not [each for each in opened if not each.startswith("open ")]


def test_a_socket_is_told_and_nobody_connects(tmp_path: Path) -> None:
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        path = tmp_path / "s"
        try:
            listening.bind(str(path))
        except OSError:
            pytest.skip("paths are too long here for a socket")
        listening.listen()
        listening.settimeout(0)
        machine = Machine(tmp_path / "home", tmp_path / "project", LINUX, {"SSH_AUTH_SOCK": str(path)})
        assert "ssh-agent" in {each.id for each in Outlook(machine, KNOWN, ("any",)).context().usable}
        with pytest.raises(BlockingIOError):
            listening.accept()
