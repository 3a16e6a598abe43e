"""A CloudFormation stack that goes back with its release: shown, approved, changed once, read back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollback.infrastructure.cloudformation import leftovers
from tests.live.infrastructure.stack_site import (
    EXTRA,
    HEAD,
    SECRET,
    TABLE,
    TOPIC,
    StackSite,
    emulator,
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("aws")) as address:
        yield address


@pytest.fixture
def shop(tmp_path: Path, url: str) -> StackSite:
    """v1.1.0 and the live v1.2.0, which has a rule more."""
    made = StackSite(tmp_path, url)
    made.release("v1.1.0", 9)
    made.link(made.release("v1.2.0", 2, more=EXTRA))
    facts = {"tool": "cloudformation", "stack": made.name, "directory": "infra"}
    made.settings(health=False, infrastructure=facts)
    return made


def test_a_stack_goes_back_with_its_release_and_forward_by_a_plan_of_its_own(shop: StackSite):
    plan = shop.plan("--full")
    assert plan["verdict"] == "ready", plan
    rows = {row["address"]: (row["actions"], row["refused"]) for row in plan["infrastructure"]}
    assert rows == {
        "App (AWS::SNS::Topic)": (["update"], False),
        "Extra (AWS::Events::Rule)": (["delete"], False),
    }
    assert shop.objects() == {"App": "v1.2.0 live", "Extra": "extra"} and shop.change_sets() == []
    done = shop.execute(plan, check=11)
    assert [row["state"] for row in done["targets"]] == ["rolled-back", "rolled-back"]
    assert shop.objects() == {"App": "v1.1.0 live"} and shop.change_sets() == []
    written = "".join(f.read_text() for f in Path(plan["run"]).rglob("*") if f.is_file())
    assert SECRET not in written
    back = shop.restore(plan, check=5)
    assert "v1.2.0" in shop.live() and shop.objects() == {"App": "v1.1.0 live"}
    forward = shop.plan(plan["moves"][0]["current"]["id"], "--full")
    assert [step["part"] for step in forward["steps"]] == ["infrastructure"], back
    shop.execute(forward, check=11)
    assert shop.objects() == {"App": "v1.2.0 live", "Extra": "extra"}


def test_change_sets_that_killed_looks_left_are_deleted_by_the_next_and_those_of_others_stay(
    shop: StackSite,
):
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True).stdout.strip()
    mine = leftovers.name().replace(f"-{os.getpid()}-", f"-{ended}-")
    theirs = "deployment-rollback-of-the-shop"
    for name in (mine, theirs):
        shop.change_set(name)
    assert set(shop.change_sets()) == {mine, theirs}
    plan = shop.plan("--full")
    assert shop.change_sets() == [theirs]
    shop.change_set(mine)
    shop.script("execute", *shop.approved(plan), check=11)
    assert mine not in shop.change_sets()


def test_a_table_that_would_be_deleted_or_a_busy_stack_is_refused(shop: StackSite):
    shop.link(shop.release("v1.3.0", 1, more=EXTRA + TABLE))
    plan = shop.plan("v1.2.0", "--full", check=6)
    assert shop.codes(plan) == ["stateful-replaced"] and shop.change_sets() == []
    kept = TABLE.replace("Properties:", "DeletionPolicy: Retain\n    Properties:")
    shop.change(HEAD % "v1.3.0" + EXTRA + kept)
    later = shop.plan("v1.2.0", "--full")
    rows = {row["address"]: row["actions"] for row in later["infrastructure"]}
    assert rows["Orders (AWS::DynamoDB::Table)"] == ["forget"]


def test_a_change_between_plan_and_execute_stops_everything(shop: StackSite):
    plan = shop.plan("--full")
    shop.change(HEAD % "v1.2.0 by hand" + EXTRA)
    error = shop.execute(plan, check=10)["error"]
    assert error["code"] == "drifted" and shop.name in error["message"]
    assert "v1.2.0" in shop.live() and shop.objects()["App"] == "v1.2.0 by hand live"


def test_an_update_that_fails_is_taken_back_by_cloudformation_and_told(shop: StackSite):
    broken = TOPIC % ("Mail", "!GetAtt App.NoSuch")
    (shop.infra / "stack.yml").write_text(HEAD % "v1.1.1" + broken)
    shop.git("add", "infra/stack.yml")
    shop.git("commit", "-q", "-m", "infrastructure that nobody can have")
    shop.build("v1.1.1", 3)
    plan = shop.plan("v1.1.1", "--full")
    done = shop.execute(plan, check=5)
    assert "CloudFormation went back" in done["talk"] and "NoSuch" in done["talk"]
    assert shop.objects() == {"App": "v1.2.0 live", "Extra": "extra"}
    assert "--full" in done["next"], "one decision, one apply: what is left is planned anew"
