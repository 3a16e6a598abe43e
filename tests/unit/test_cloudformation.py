"""CloudFormation: what a plan reads of a stack and a commit's template, from answers held against the vendor's model."""

from __future__ import annotations

import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from rollback.aws import failures
from rollback.aws.client import Client
from rollback.errors import Blocked, Locked, RollbackError, Usage
from rollback.flow import compose
from rollback.infrastructure import cloudformation
from rollback.infrastructure.cloudformation import changes, planning, release, stacks
from rollback.infrastructure_contracts import Asked
from rollback.model import Component, Move, Release, Target
from rollback.settings.model import InfrastructureSettings
from tests.aws_model import check

pytestmark = pytest.mark.programs  # git
ID = "arn:aws:cloudformation:eu-central-1:111122223333:stack/shop/1f2e"
AT = datetime(2026, 11, 3, 9, 30, tzinfo=timezone.utc)
TEMPLATE = "Parameters:\n  Size: {Type: Number}\nResources:\n  Mail:\n    Type: AWS::SNS::Topic\n"


def resource(
    name: str, action: str, type: str = "AWS::Events::Rule", **more: str
) -> dict[str, Any]:
    known = {"LogicalResourceId": name, "Action": action, "ResourceType": type, **more}
    return {"Type": "Resource", "ResourceChange": known}


class Account(Client):
    """`stack`, `summary`, `sets` (answers of describe_change_set, the last one for all after it)."""

    def __init__(self, sets: list[dict[str, Any]] | None = None, **stack: Any) -> None:
        self.profile, self.region = None, "eu-central-1"
        self.stack = {"StackId": ID, "StackName": "shop", "StackStatus": "UPDATE_COMPLETE", **stack}
        self.stack.setdefault("CreationTime", AT)
        self.summary: dict[str, Any] = {"Parameters": []}
        self.sets = sets or [{"Status": "CREATE_COMPLETE", "Changes": []}]
        self.requests: list[tuple[str, Any]] = []

    def ask(self, service: str, operation: str, /, **asked: Any) -> dict[str, Any]:
        name = "".join(word.title() for word in operation.split("_"))
        check(service, name, asked, "input_shape")
        self.requests.append((operation, asked))
        if operation == "describe_stacks" and asked["StackName"] != "shop":
            told = {"Code": "ValidationError", "Message": "Stack with id x does not exist"}
            raise failures.refused({"Error": told}, "profile default", "cloudformation")
        answer = self._answer(operation)
        check(service, name, answer, "output_shape")
        return answer

    def _answer(self, operation: str) -> dict[str, Any]:
        if operation == "describe_change_set":
            return self.sets.pop(0) if len(self.sets) > 1 else self.sets[0]
        return {
            "describe_stacks": {"Stacks": [self.stack]},
            "get_template_summary": self.summary,
            "create_change_set": {"Id": "arn:aws:cloudformation:eu-central-1:1:changeSet/r/1"},
            "get_caller_identity": {"Account": "111122223333"},
        }.get(operation, {})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/stack.yml").write_text(TEMPLATE)
    (tmp_path / "infra/compose.yml").write_text("services: {}\n")
    return tmp_path


def asked(project: Path, **settings: Any) -> Asked:
    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.test")
        done = subprocess.run(["git", *who, *words], cwd=project, capture_output=True, text=True, check=True)  # fmt: skip
        return done.stdout.strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "x")
    facts = {"tool": "cloudformation", "stack": "shop", "directory": "infra", **settings}
    return Asked("infra", InfrastructureSettings(**facts), project, git("rev-parse", "HEAD"))


def stack(**facts: Any) -> stacks.Stack:
    return stacks.read(
        Asked("i", InfrastructureSettings(stack="shop"), Path(), "c"), Account(**facts)
    )


def code_of(kind: type[RollbackError], call: Any, *words: Any) -> str:
    with pytest.raises(kind) as caught:
        call(*words)
    assert caught.value.fix
    return caught.value.code


# ---- the stack ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "code", "way"),
    [
        ("UPDATE_IN_PROGRESS", Locked, "state-locked", "wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Locked, "state-locked", "wait"),
        ("UPDATE_ROLLBACK_FAILED", Blocked, "stack-failed", "continue-update-rollback"),
        ("UPDATE_FAILED", Blocked, "stack-failed", "rollback-stack"),
        ("ROLLBACK_COMPLETE", Blocked, "stack-failed", "describe-stack-events"),
    ],
)
def test_a_stack_that_takes_no_update_is_refused_with_the_way_out(
    status: str, kind: type[RollbackError], code: str, way: str
) -> None:
    with pytest.raises(kind) as caught:
        stack(StackStatus=status)
    assert caught.value.code == code and way in caught.value.fix


def test_a_stack_that_is_not_there_names_region_and_account() -> None:
    lost = Asked("i", InfrastructureSettings(stack="shoop"), Path(), "c")
    with pytest.raises(Blocked) as caught:
        stacks.read(lost, Account())
    assert caught.value.code == "wrong-state"
    assert "eu-central-1" in caught.value.message and "111122223333" in caught.value.message


def test_a_nested_stack_is_no_infrastructure_of_its_own() -> None:
    assert code_of(Blocked, lambda: stack(ParentId=ID.replace("shop", "outer"))) == "nested-stack"


def test_what_cloudformation_found_of_drift_is_told() -> None:
    drift = {"StackDriftStatus": "DRIFTED", "LastCheckTimestamp": AT}
    assert stack(DriftInformation=drift).drift == ("the stack, seen 2026-11-03 09:30 UTC",)
    assert stack(DriftInformation={"StackDriftStatus": "IN_SYNC"}).drift == ()


# ---- the template and its parameters --------------------------------------------------------


def read(wanted: Asked, account: Account, names: tuple[str, ...] = ()) -> release.Template:
    rows = [{"ParameterKey": name, "ParameterValue": "x"} for name in names]
    return release.read(wanted, account, stack(Parameters=rows))


def test_the_template_is_the_one_of_the_commit_not_of_the_checkout(project: Path) -> None:
    wanted = asked(project)
    (project / "infra/stack.yml").write_text("something newer")
    assert read(wanted, Account()).text == TEMPLATE


def test_several_templates_are_asked_about_and_none_is_refused(project: Path) -> None:
    (project / "infra/queue.json").write_text('{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}')
    assert code_of(Usage, read, asked(project), Account()) == "which-template"
    assert read(asked(project, template="stack.yml"), Account()).text == TEMPLATE
    for absent in ({"template": "absent.yml"}, {"directory": "src"}):
        code = code_of(Blocked, read, asked(project, **absent), Account())
        assert code == "infrastructure-directory"


def test_a_template_that_a_tool_completes_is_refused(project: Path) -> None:
    account = Account()
    account.summary = {"DeclaredTransforms": ["AWS::Serverless-2016-10-31"]}
    assert code_of(Blocked, read, asked(project), account) == "template-transforms"


def test_a_template_that_needs_s3_is_refused(project: Path) -> None:
    (project / "infra/stack.yml").write_text(TEMPLATE + "#" * 52_000)
    assert code_of(Blocked, read, asked(project), Account()) == "template-too-large"


@pytest.mark.parametrize(
    "text",
    [
        '[{"ParameterKey": "Size", "ParameterValue": "3"}, {"ParameterKey": "Else", "ParameterValue": "9"}]',
        '["Size=3"]',
        '{"Size": 3}',
        '{"Parameters": {"Size": "3"}}',
    ],
)
def test_parameters_come_from_files_in_every_form_that_tools_take(project: Path, text: str) -> None:
    (project / "infra/live.json").write_text(text)
    account = Account()
    account.summary = {"Parameters": [{"ParameterKey": "Size"}]}
    known = read(asked(project, variables=("live.json",)), account).parameters
    assert known == ({"ParameterKey": "Size", "ParameterValue": "3"},)


def test_a_parameter_without_a_value_stays_or_has_its_default_or_is_asked_for(
    project: Path,
) -> None:
    account, wanted = Account(), asked(project)
    account.summary = {"Parameters": [{"ParameterKey": "Size"}]}
    assert read(wanted, account, ("Size",)).parameters == (
        {"ParameterKey": "Size", "UsePreviousValue": True},
    )
    assert code_of(Usage, read, wanted, account) == "variable-missing"
    account.summary = {"Parameters": [{"ParameterKey": "Size", "DefaultValue": "1"}]}
    assert read(wanted, account).parameters == ()


@pytest.mark.parametrize("text", ["Size: 3", "[3]", '{"Size": {"a": 1}}', '{"Parameters": 3}'])
def test_a_file_that_is_none_of_parameters_is_refused(project: Path, text: str) -> None:
    (project / "infra/live.json").write_text(text)
    wanted = asked(project, variables=("live.json",))
    assert code_of(Usage, read, wanted, Account()) == "variables-missing"


# ---- what would change ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "actions", "refused"),
    [
        (resource("A", "Add"), ("create",), False),
        (resource("A", "Modify", Replacement="False"), ("update",), False),
        (resource("A", "Modify", Replacement="Conditional"), ("delete", "create"), False),
        (resource("A", "Remove", PolicyAction="Delete"), ("delete",), False),
        (resource("A", "Remove", "AWS::RDS::DBInstance", PolicyAction="Snapshot"), ("delete",), True),
        (resource("A", "Remove", "AWS::RDS::DBInstance", PolicyAction="Retain"), ("forget",), False),
        (resource("A", "Remove", "AWS::RDS::DBInstance"), ("delete",), True),
        (resource("A", "Modify", "AWS::S3::Bucket", Replacement="True", PolicyAction="ReplaceAndRetain"), ("delete", "create"), True),
        (resource("A", "Modify", "AWS::S3::Bucket", Replacement="Conditional"), ("delete", "create"), True),
        (resource("A", "Modify", "AWS::S3::Bucket", Replacement="False"), ("update",), False),
        (resource("A", "Remove", "Custom::Seed"), ("delete",), True),
        (resource("A", "Dynamic"), ("delete", "create"), True),
        (resource("A", "Remove", "Acme::Data::Ledger"), ("delete",), True),
    ],
)  # fmt: skip
def test_what_holds_data_is_neither_deleted_nor_replaced(
    row: Any, actions: tuple[str, ...], refused: bool
) -> None:
    settings = InfrastructureSettings(stateful=("Acme::Data::Ledger",))
    (change,) = changes.of(Asked("i", settings, Path(), "c"), [row["ResourceChange"]])
    assert (change.actions, change.refused) == (actions, refused)
    assert change.why or actions in (("create",), ("update",))


def planned(project: Path, account: Account, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(planning, "connect", lambda *_: account)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return cloudformation.plan(asked(project), None)  # type: ignore[arg-type]


def test_the_change_set_is_read_to_its_last_page_and_removed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [
        {"Status": "CREATE_PENDING"},
        {"Status": "CREATE_COMPLETE", "Changes": [resource("B", "Add")], "NextToken": "2"},
        {"Status": "CREATE_COMPLETE", "Changes": [resource("A", "Remove")]},
    ]
    account = Account(pages)
    made = planned(project, account, monkeypatch)
    assert [change.address.partition(" ")[0] for change in made.changes] == ["A", "B"]
    operations = [operation for operation, _ in account.requests]
    assert operations.count("create_change_set") == operations.count("delete_change_set") == 1
    assert made.files["template"].decode() == TEMPLATE


def test_a_change_set_without_changes_is_no_change_and_any_other_failure_blocks(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = "The submitted information didn't contain changes."
    account = Account([{"Status": "FAILED", "StatusReason": same}])
    assert planned(project, account, monkeypatch).changes == ()
    account = Account([{"Status": "FAILED", "StatusReason": "Requires capabilities"}])
    assert code_of(Blocked, planned, project, account, monkeypatch) == "change-set-failed"
    assert account.requests[-1][0] == "delete_change_set"


def test_a_nested_stack_that_would_change_unseen_blocks(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = resource("Inner", "Modify", "AWS::CloudFormation::Stack")
    account = Account([{"Status": "CREATE_COMPLETE", "Changes": [row]}])
    assert code_of(Blocked, planned, project, account, monkeypatch) == "nested-stack"


def test_a_secret_parameter_keeps_its_value_and_is_in_no_file(project: Path) -> None:
    (project / "infra/live.json").write_text('{"Password": "hunter22"}')
    account = Account()
    account.summary = {"Parameters": [{"ParameterKey": "Password", "NoEcho": True}]}
    known = read(asked(project, variables=("live.json",)), account, ("Password",)).parameters
    assert known == ({"ParameterKey": "Password", "UsePreviousValue": True},)


def test_numbers_and_rows_without_a_value_are_taken_as_they_are_written(project: Path) -> None:
    text = '\ufeff[{"ParameterKey": "Size", "ParameterValue": 0.10}, {"ParameterKey": "Else", "UsePreviousValue": true}]'
    (project / "infra/live.json").write_text(text)
    account = Account()
    account.summary = {"Parameters": [{"ParameterKey": "Size"}]}
    known = read(asked(project, variables=("live.json",)), account).parameters
    assert known == ({"ParameterKey": "Size", "ParameterValue": "0.10"},)


def test_bytes_that_are_not_utf_8_are_refused_and_never_replaced(project: Path) -> None:
    (project / "infra/stack.yml").write_bytes(TEMPLATE.encode() + "# Grüße\n".encode("latin-1"))
    assert code_of(Blocked, read, asked(project), Account()) == "template-invalid"


def test_the_same_stack_twice_in_one_environment_is_refused() -> None:
    def component(name: str) -> Component:
        target = Target("staging", name, "cloudformation", name, f"{ID} stack shop", False)
        move = Move(target, Release("a"), Release("b"), id=f"{name}.x")
        return Component(name, "infrastructure/cloudformation", "infrastructure", 10, (move,))

    assert (
        code_of(Usage, compose.refuse_same, [component("one"), component("two")]) == "same-target"
    )
