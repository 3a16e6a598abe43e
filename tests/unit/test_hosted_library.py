"""What a script reads of a hosted platform without Python: JSON as lines, and a token that no process list shows."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rollback.script import functions

pytestmark = pytest.mark.programs
LIBRARY = functions.LIBRARIES / "hosted.sh"
TOKEN = "not-a-real-token"


def bash(script: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n. {LIBRARY}\n{script}"],
        input=text,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **variables},
    )


def flat(value: Any, path: str = "") -> Iterator[str]:
    """The same lines, made by Python's own reader."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            name = json.dumps(key)[1:-1] if isinstance(key, str) else str(key)
            yield from flat(item, f"{path}.{name}" if path else name)
    else:
        text = json.dumps(value)
        yield f"{path}\t{text[1:-1] if isinstance(value, str) else text}"


WORDS = some.text(max_size=8) | some.sampled_from(
    ['"', "\\", "}{", "a\tb", "a\nb", "[1,", "\\u0022"]
)
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | WORDS
)
KEYS = WORDS.filter(bool)
VALUES = some.recursive(
    LEAVES,
    lambda more: some.lists(more, max_size=4) | some.dictionaries(KEYS, more, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    some.lists(VALUES, max_size=4) | some.dictionaries(KEYS, VALUES, max_size=4),
    some.sampled_from([None, 2]),
)
def test_json_is_read_as_python_reads_it(value: Any, indent: int | None) -> None:
    done = bash("json_rows", json.dumps(value, indent=indent))
    assert (done.returncode, done.stdout.splitlines()) == (0, list(flat(value))), done.stderr


WHOLE = json.dumps([{"id": "1", "slug": {"id": "a"}, "current": True}, {"id": "2", "slug": None}])


@pytest.mark.parametrize("kept", range(len(WHOLE)))
def test_nothing_is_believed_of_an_answer_that_was_cut_off(kept: int) -> None:
    assert bash("json_rows", WHOLE[:kept]).returncode == 1


@pytest.mark.parametrize(
    "text", ["<html>Log in</html>", "[1}", '{"a": "line\nbreak"}', "", "not found"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    assert bash("json_rows", text).returncode == 1


def test_a_value_cannot_pass_for_another_row() -> None:
    hostile = json.dumps([{"description": "x\n0.current\ttrue", "current": False}])
    rows = bash("json_rows", hostile).stdout
    assert bash("json_value 0.current", rows).stdout == "false\n"


CURL = """\
printf '%s\\n' "$@" >"$LOG.args"
cat >"$LOG.stdin"
printf '{"id": "1"}\\n200,,'
"""


def requested(tmp_path: Path, **variables: str) -> tuple[list[str], str]:
    """Arguments and standard input that curl is given."""
    curl = tmp_path / "curl"
    curl.write_text(f"#!/bin/sh\n{CURL}")
    curl.chmod(0o755)
    call = "hosted_get HEROKU_API_KEY https://api.heroku.com/apps/shop -H 'Range: id ..'"
    variables = {"HEROKU_API_KEY": TOKEN, **variables}
    done = bash(call, CURL=str(curl), LOG=str(tmp_path / "log"), **variables)
    assert done.stdout == "id\t1\n", done.stderr
    words = (tmp_path / "log.args").read_text().splitlines()
    return words, (tmp_path / "log.stdin").read_text()


def test_the_token_is_on_standard_input_and_nowhere_else(tmp_path: Path) -> None:
    words, given_in = requested(tmp_path, HEROKU_API_KEY=TOKEN)
    assert given_in == f"Authorization: Bearer {TOKEN}\n" and TOKEN not in str(words)
    assert words[0] == "-q", "no .curlrc may add -v, -k or -L"
    assert "@-" in words and "-n" not in words, "curl may not look into ~/.netrc"
    assert "--location" not in words and "-L" not in words


def test_without_a_token_nothing_is_sent(tmp_path: Path) -> None:
    """curl would look into ~/.netrc, and send what stands there for every host."""
    done = bash("hosted_post TOKEN https://api.example/x", CURL="/bin/false", TOKEN="")
    assert done.returncode == 1 and "no token" in done.stderr


def test_whom_no_proxy_serves_is_asked_without_one(tmp_path: Path) -> None:
    words, _ = requested(tmp_path, NO_PROXY="gateway.example,10.0.0.0/8", no_proxy="local.example")
    assert words[words.index("--noproxy") + 1].split(",") == [
        *("127.0.0.1", "localhost", "::1"),
        *("local.example", "gateway.example", "10.0.0.0/8"),
    ]


REFUSED = """\
cat >/dev/null
printf '{{"message": "no: {token}"}}\\n429,{wait},{reset}'
"""


@pytest.mark.parametrize(
    ("wait", "reset", "seconds"),
    [
        ("17", "", "17"),
        ("", "", "1"),
        ("", "1", "1"),
        ("soon", "", "1"),
        ("17", "9999999999", "17"),
    ],
)
def test_a_refusal_says_when_to_try_again_and_never_the_token(
    tmp_path: Path, wait: str, reset: str, seconds: str
) -> None:
    curl = tmp_path / "curl"
    curl.write_text("#!/bin/sh\n" + REFUSED.format(token=TOKEN, wait=wait, reset=reset))
    curl.chmod(0o755)
    done = bash("hosted_post TOKEN https://api.example/x", CURL=str(curl), TOKEN=TOKEN)
    assert done.returncode == 2
    assert f"no: *** (too many requests; try again in {seconds} s)" in done.stderr


def test_the_end_of_a_rate_limit_is_a_time(tmp_path: Path) -> None:
    curl = tmp_path / "curl"
    reset = str(int(time.time()) + 500)
    curl.write_text("#!/bin/sh\n" + REFUSED.format(token="", wait="", reset=reset))
    curl.chmod(0o755)
    done = bash("hosted_get TOKEN https://api.example/x", CURL=str(curl), TOKEN=TOKEN)
    assert re.search(r"try again in (49\d|500) s", done.stderr), "and it was not waited for"
