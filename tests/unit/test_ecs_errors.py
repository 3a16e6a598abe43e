"""AWS that cannot be read, through the real botocore: a code, a fix, exit 12, and no credential."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.endpoint
import pytest

from rollback.aws import client as clients
from rollback.aws.client import TRIES, Client
from rollback.errors import NotInstalled, RollbackError, Unreadable
from rollback.platforms.ecs.details import Details
from rollback.platforms.ecs.script import call, typed
from rollback.shell import Shell

SECRET = "s3cretK3yThatNoMessageMayShow"


class Answers:
    """A server that gives every request the same answer."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"{}", 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words: Any) -> None:
                """Silent."""

            def do_POST(self) -> None:
                outer.asked += 1
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(outer.status)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def refuse(self, status: int, code: str) -> None:
        message = "User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized"
        self.status, self.body = status, json.dumps({"__type": code, "message": message}).encode()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Answers]:
    """An account whose configuration is a folder of the test's, and an endpoint on loopback."""
    for name in [name for name in __import__("os").environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    answers = Answers()
    given = {
        "HOME": str(tmp_path),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": answers.url,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda seconds: None)
    thread = threading.Thread(target=answers.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield answers
    answers.server.shutdown()
    answers.server.server_close()


def refused(profile: str | None = None) -> RollbackError:
    with pytest.raises(RollbackError) as raised:
        Client(profile, None).ask("ecs", "describe_services", cluster="prod", services=["web"])
    error = raised.value
    assert error.exit_code in (12, 69) and error.fix
    assert SECRET not in f"{error.message}{error.fix}"
    return error


@pytest.mark.network
@pytest.mark.parametrize(
    ("status", "name", "code"),
    [
        (400, "ExpiredTokenException", "login-expired"),
        (403, "UnrecognizedClientException", "login-refused"),
        (403, "InvalidSignatureException", "login-refused"),
        (400, "AccessDeniedException", "access-denied"),
        (400, "ClusterNotFoundException", "not-found"),
        (400, "InvalidParameterException", "refused"),
    ],
)
def test_a_refusal_is_told_once_and_with_its_kind(
    aws: Answers, status: int, name: str, code: str
) -> None:
    aws.refuse(status, name)
    assert (refused().code, aws.asked) == (code, 1)


@pytest.mark.network
def test_a_role_that_may_not_is_told_what_it_may_not(aws: Answers) -> None:
    aws.refuse(400, "AccessDeniedException")
    error = refused()
    assert "assumed-role/ci" in error.message and "ecs:DescribeServices" in error.fix


@pytest.mark.network
@pytest.mark.parametrize(
    ("status", "name", "code"),
    [(400, "ThrottlingException", "throttled"), (500, "ServerException", "server-error")],
)
def test_what_may_pass_is_tried_again_and_not_for_ever(
    aws: Answers, status: int, name: str, code: str
) -> None:
    aws.refuse(status, name)
    assert (refused().code, aws.asked) == (code, TRIES)


@pytest.mark.network
def test_an_answer_that_is_no_json_is_no_answer(aws: Answers) -> None:
    aws.body = b"<html>Log in</html>"
    assert refused().code == "bad-answer"


@pytest.mark.network
def test_an_answer_that_is_no_xml_is_none_of_a_load_balancer(aws: Answers) -> None:
    aws.body = b'{"a page": "of a proxy"}'
    with pytest.raises(Unreadable) as raised:
        Client(None, None).ask("elbv2", "describe_target_health", TargetGroupArn="arn:x")
    assert raised.value.code == "bad-answer"


@pytest.mark.network
def test_an_endpoint_that_is_away(aws: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    assert refused().code == "unreachable"


@pytest.mark.network
@pytest.mark.parametrize("url", ["not a url", "127.0.0.1:1"])
def test_an_endpoint_that_is_no_url(
    aws: Answers, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert refused().code == "bad-endpoint"


def test_without_credentials_region_or_profile_nothing_is_asked(
    aws: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused("absent").code == "profile-missing"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert refused().code == "credentials-missing"
    monkeypatch.delenv("AWS_REGION")
    assert refused().code == "region-missing"
    assert aws.asked == 0


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("sso_start_url=https://x.awsapps.com/start\nsso_region=eu-central-1\nsso_account_id=1\nsso_role_name=r", "login-expired"),
        ("role_arn=arn:aws:iam::1:role/r\nsource_profile=base\nmfa_serial=arn:aws:iam::1:mfa/ana", "mfa-needed"),
        ("credential_process=/nonexistent/tool", "credentials-missing"),
    ],
    ids=["sso", "mfa", "process"],
)  # fmt: skip
@pytest.mark.programs
def test_a_profile_that_needs_a_person_is_told_so(
    aws: Answers, monkeypatch: pytest.MonkeyPatch, profile: str, code: str
) -> None:
    """The profile of the settings wins over keys in the environment, as for the command line."""
    config = Path(__import__("os").environ["AWS_CONFIG_FILE"])
    base = "[profile base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=x\n"
    config.write_text(f"{base}[profile mine]\nregion=eu-central-1\n{profile}\n")
    assert refused("mine").code == code


@pytest.mark.parametrize(
    ("setting", "variables", "region"),
    [
        ("us-east-1", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "us-east-1"),
        (None, {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        (None, {}, "eu-north-1"),
    ],
    ids=["settings", "AWS_REGION", "AWS_DEFAULT_REGION", "profile"],
)
def test_reads_and_commands_are_in_one_region_wherever_it_is_set(
    aws: Answers, monkeypatch: pytest.MonkeyPatch, setting: Any, variables: Any, region: str
) -> None:
    """Version 1 of the command line and botocore do not look at AWS_REGION: each command has it."""
    Path(__import__("os").environ["AWS_CONFIG_FILE"]).write_text("[default]\nregion=eu-north-1\n")
    monkeypatch.delenv("AWS_REGION")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = clients.Client(None, setting)
    assert client._client("ecs").meta.region_name == region
    argv = call(Details("arn:cluster", client.region), "ecs_live").argv
    assert argv[argv.index("--region") + 1] == region
    assert typed(Details("arn:cluster", client.region)).endswith(f"--region {region}")


def test_without_botocore_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotInstalled) as raised:
        clients._require_botocore()
    root = Path(clients.__file__).parents[3]
    assert raised.value.exit_code == 69
    assert raised.value.fix == f"bash '{root}/install.sh' --dest '{root}'"


def test_an_unreadable_platform_is_one_kind_of_ending() -> None:
    assert Unreadable.exit_code == 12


def test_whoever_names_the_region_that_applies_anyway_gets_the_same_reader(aws: Answers) -> None:
    """A plan finds its services without a region, and reads them again with it."""
    shell = Shell(Path("/"))
    first = clients.connect(shell, None, None)
    assert first.region == "eu-central-1" and clients.connect(shell, None, None) is first
    assert clients.connect(shell, None, "eu-central-1") is first
    assert clients.connect(shell, None, "us-east-1") is not first
