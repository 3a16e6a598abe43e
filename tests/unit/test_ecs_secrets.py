"""What the target's tasks start with has to exist: asked for by name, never by value."""

from __future__ import annotations

from typing import Any

import pytest
from sites import move

from rollback.aws import failures
from rollback.aws.client import Client
from rollback.model import Finding
from rollback.platforms.ecs import copies, details, secrets
from rollback.platforms.ecs.answers import Definition

REGION = "eu-central-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:111122223333:secret:shop/db-AbCdEf"
PARAMETER = f"arn:aws:ssm:{REGION}:111122223333:parameter/shop/key"


class Account(Client):
    """`held` are secrets by ARN and parameters by name; `deleted` those on their way out."""

    def __init__(self, *held: str, deleted: tuple[str, ...] = (), denied: bool = False) -> None:
        self.region, self._pool = REGION, None
        self.held, self.deleted, self.denied = held, deleted, denied
        self.asked: list[str] = []

    def ask(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        self.asked.append(operation)
        code = "AccessDeniedException" if self.denied else ""
        if operation == "describe_secret" and parameters["SecretId"] not in self.held:
            code = code or "ResourceNotFoundException"
        if code:
            told = {"Error": {"Code": code, "Message": "not here"}}
            raise failures.refused(told, "profile default", f"{service} {operation}")
        if operation == "describe_secret":
            gone = {"DeletedDate": "2026-12-01"} if parameters["SecretId"] in self.deleted else {}
            return {"Name": "shop/db", **gone}
        (names,) = parameters["ParameterFilters"]
        if "NextToken" not in parameters:  # a first page may be empty
            return {"Parameters": [], "NextToken": "2"}
        return {"Parameters": [{"Name": name} for name in names["Values"] if name in self.held]}


@pytest.fixture
def about(monkeypatch: pytest.MonkeyPatch) -> Any:
    def findings(account: Account, *sources: str, **more: Any) -> list[Finding]:
        rows = [{"name": f"KEY{number}", "valueFrom": text} for number, text in enumerate(sources)]
        raw = {"containerDefinitions": [{"name": "app", "secrets": rows, **more}, {"name": "side"}]}
        side = details.Side("arn:aws:ecs:eu-central-1:1:task-definition/shop:7")
        goals = {side.arn: Definition("arn", "ACTIVE", None, raw, ())}
        monkeypatch.setattr(details, "sides", lambda move: (side, side))
        return list(secrets.findings([move()], account, goals))

    return findings


def test_what_exists_is_not_worth_a_word(about: Any) -> None:
    account = Account(SECRET, "/shop/key", "plain")
    assert about(account, f"{SECRET}:password::", PARAMETER, "plain") == []
    assert about(account) == [] and sorted(set(account.asked)) == [
        "describe_parameters",
        "describe_secret",
    ]


@pytest.mark.parametrize(("source", "words"), [
    (f"{SECRET}:password::", "KEY0: secret shop/db-AbCdEf does not exist"),
    (PARAMETER, "KEY0: parameter shop/key does not exist"),
    ("plain", "KEY0: parameter plain does not exist"),
])  # fmt: skip
def test_what_is_gone_blocks(about: Any, source: str, words: str) -> None:
    (finding,) = about(Account(), source)
    assert (finding.level, finding.code) == ("blocker", "reference-missing")
    assert words in finding.message and finding.fix


def test_a_secret_on_its_way_out_blocks_with_the_command_that_keeps_it(about: Any) -> None:
    (finding,) = about(Account(SECRET, deleted=(SECRET,)), SECRET)
    assert finding.level == "blocker" and "scheduled for deletion" in finding.message
    assert finding.fix == f"aws secretsmanager restore-secret --secret-id {SECRET}"


def test_secrets_of_a_log_driver_are_needed_as_well(about: Any) -> None:
    options = {"secretOptions": [{"name": "token", "valueFrom": SECRET}]}
    assert [row.code for row in about(Account(), logConfiguration=options)] == ["reference-missing"]


def test_without_the_right_to_look_it_is_a_note_and_another_region_is_not_asked(about: Any) -> None:
    (finding,) = about(Account(denied=True), SECRET, PARAMETER)
    assert (finding.level, finding.code) == ("note", "references-unknown")
    assert "secretsmanager:DescribeSecret" in finding.fix
    account = Account()
    assert about(account, SECRET.replace(REGION, "us-east-1")) == [] and account.asked == []


def test_a_definition_that_cannot_be_read_is_not_taken_for_one_without_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    side = details.Side("arn:aws:ecs:eu-central-1:1:task-definition/shop:7")
    monkeypatch.setattr(details, "sides", lambda move: (side, side))
    account = Account(denied=True)
    goals = copies.definitions(account, [side.arn, side.arn])
    (finding,) = secrets.findings([move()], account, goals)
    assert (finding.level, finding.code) == ("note", "references-unknown") and finding.fix
    assert account.asked == ["describe_task_definition"]
