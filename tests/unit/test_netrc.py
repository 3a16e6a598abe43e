"""~/.netrc: a plan and its script take the same entry, and nobody else's password goes anywhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rollback.platforms._hosted import netrc
from rollback.script import functions

pytestmark = pytest.mark.programs
HOST = "api.heroku.com"
INVALID = "invalid"


def by_script(home: Path, text: bytes, url: str = f"https://{HOST}") -> str:
    (home / ".netrc").write_bytes(text)
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail; . {functions.LIBRARIES}/hosted.sh; hosted_netrc {url}"],
        capture_output=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)},
    )
    assert not done.stderr
    return done.stdout.decode("latin-1").rstrip("\n") if done.returncode == 0 else INVALID


def by_plan(text: bytes) -> str:
    try:
        return netrc.password(text.decode("latin-1"), HOST)
    except ValueError:
        return INVALID


ENTRY = f"machine {HOST} login ana@example.org password mine\n"
FORMS = {
    "plain": (ENTRY, "mine"),
    "on lines": (f"machine {HOST}\n  login ana\n  password mine\n", "mine"),
    "windows": (f"machine {HOST}\r\n  login ana\r\n  password mine\r\n", "mine"),
    "tabs": (f"machine\t{HOST}\n\tlogin\tana\n\tpassword\tmine\n", "mine"),
    "password first": (f"machine {HOST} password mine login ana\n", "mine"),
    "no login": (f"machine {HOST} password mine\n", "mine"),
    "no newline": (f"machine {HOST} password mine", "mine"),
    "account": (f"machine {HOST} login ana account x password mine\n", "mine"),
    "method": (f"machine {HOST}\n  password mine\n  method interactive\n", "mine"),
    "quoted": (f'machine {HOST} login "ana" password "mi\\ne"\n', "mine"),
    "twice": (f"{ENTRY}machine {HOST} login eva password another\n", "mine"),
    "twice, the first without": (f"machine {HOST} login eva\n{ENTRY}", "mine"),
    "others": (f"machine a.example password x\n{ENTRY}machine b.example password y\n", "mine"),
    "one line": (f"machine a.example login x password y {ENTRY}", "mine"),
    "capitals": (ENTRY.replace("api", "API"), "mine"),
    "commented": (f"# machine {HOST} password old\n#machine {HOST} password old\n{ENTRY}", "mine"),
    "comment behind": (f"machine {HOST} # mine\n login ana # who\n password mine # it\n", "mine"),
    "hash in it": (f"machine a.example password x#y\nmachine {HOST} password #mine\n", "#mine"),
    "macro": (f"macdef init\nmachine {HOST} password x\n\n{ENTRY}", "mine"),
    "macro to the end": (f"macdef init\n{ENTRY}", ""),
    "named like a word": (f"machine login password machine\n{ENTRY}", "mine"),
    "default only": ("default login ana password COMPANY\n", ""),
    "default behind": (f"machine {HOST} login ana\ndefault login ana password COMPANY\n", ""),
    "default before": (f"default password COMPANY\n{ENTRY}", "mine"),
    "another host": ("machine heroku.com password x\n", ""),
    "empty": ("", ""),
    "half a quote": (f'machine {HOST} password "mine\n', INVALID),
}


@pytest.mark.parametrize("form", FORMS)
def test_plan_and_script_take_the_same_entry(tmp_path: Path, form: str) -> None:
    text, expected = FORMS[form]
    assert (by_plan(text.encode()), by_script(tmp_path, text.encode())) == (expected, expected)


WORDS = ["machine", "default", "login", "password", "account", "macdef", "#", "#x", HOST, "a", '"a b"',
         '"a\\"b"', '"', "x#y", '""', "\\", "b", "é"]  # fmt: skip
TEXTS = some.lists(
    some.tuples(some.sampled_from(WORDS), some.sampled_from([" ", "\n", "\t", "\n\n", "\r\n", ""]))
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_they_agree_about_whatever_a_file_may_hold(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str]]
) -> None:
    text = f"machine {HOST} ".encode() + "".join(map("".join, parts)).encode()
    assert by_script(tmp_path_factory.getbasetemp(), text) == by_plan(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://proxy.example:8443/heroku", "proxy.example"),
        ("http://[::1]:5000", "::1"),
        ("http://127.0.0.1:5000", "127.0.0.1"),
    ],
)
def test_the_entry_is_that_of_the_settings_host(tmp_path: Path, url: str, host: str) -> None:
    text = f"{ENTRY}machine {host} password its\n"
    assert by_script(tmp_path, text.encode(), url) == "its"


def test_no_file_is_no_password(tmp_path: Path) -> None:
    script = f"set -euo pipefail; . {functions.LIBRARIES}/hosted.sh; hosted_netrc https://{HOST}"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
