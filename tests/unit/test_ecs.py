"""ECS: which release is live, which are candidates, what the script runs, and what a plan reports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ecs_recorded import CASES, Account, about_images, definition, digest_of, moves, of_case, read

from rollback.flow import choose
from rollback.platforms import ecs
from rollback.platforms.ecs import history
from rollback.platforms.ecs.checks import tasks
from rollback.platforms.ecs.preflight import judged
from rollback.platforms.ecs.targets import read as read_services
from rollback.script import launch

each_case = pytest.mark.parametrize("case", CASES, ids=[case["case"][:50] for case in CASES])


@each_case
def test_each_release_has_its_status_and_what_speaks_against_it(case: Any) -> None:
    assert [f"{r.id} {r.status} {r.skip or '-'}" for r in read(of_case(case))] == case["releases"]


@each_case
def test_the_target_is_what_served_and_not_the_number_before(case: Any) -> None:
    known = read(of_case(case))
    to = choose.previous(known).to
    assert to and (to.id, ecs.bare(known)) == (case["to"], case["bare"])


@each_case
def test_the_steps_are_what_a_person_would_type(case: Any) -> None:
    steps = ecs.steps(moves(of_case(case)))
    assert [step.do.by_hand for step in steps] == case["steps"]
    assert [step.undo.do.by_hand for step in steps if step.undo] == case["restore"]


@each_case
def test_the_guard_is_the_primary_task_definition_of_each_service(case: Any) -> None:
    chosen = moves(of_case(case))
    identity, live = ecs.guards(chosen)
    assert all(line.source == line.goal for line in identity.lines)
    for line, move in zip(live.lines, chosen, strict=True):
        assert (line.source, line.goal) == (move.current.artifact, move.to.artifact)


def test_six_requests_and_one_per_page_are_enough() -> None:
    account = of_case(CASES[0])
    read(account)
    tasks(account, "prod", ["shop"])
    assert len(account.requests) == 6


def about(account: Account, wanted: str = "previous") -> dict[str, tuple[str, str]]:
    rows = [row for move in moves(account, wanted) for row in judged(move)]
    rows += about_images(account, wanted)
    return {row.code: (row.level, row.message) for row in rows}


TWO = {"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d"]}
REGISTRY = {"v7": digest_of("shop:7"), "v8": digest_of("shop:8")}


def test_nothing_is_said_where_nothing_speaks_against_it() -> None:
    assert about(Account(TWO, registry=REGISTRY)) == {}


def test_an_image_that_a_lifecycle_rule_deleted_blocks() -> None:
    found = about(Account(TWO, registry={"v8": digest_of("shop:8")}))
    assert found["artifact-gone"][0] == "blocker" and "lifecycle" in found["artifact-gone"][1]


def test_a_tag_that_was_pushed_again_blocks() -> None:
    """The old bytes are still there, but the task definition names the tag."""
    found = about(
        Account(TWO, registry={**REGISTRY, "v7": digest_of("shop:99"), "old": digest_of("shop:7")})
    )
    assert found["tag-moved"][0] == "blocker" and "other bytes" in found["tag-moved"][1]


def test_a_registry_that_may_not_be_read_is_no_proof_of_the_image() -> None:
    found = about(Account(TWO, refusals={"batch_get_image": "AccessDeniedException"}))
    assert found["image-unknown"][0] == "warning"


@pytest.mark.parametrize(
    ("controller", "code", "command"),
    [
        ("CODE_DEPLOY", "controller-code-deploy", "aws deploy"),
        ("EXTERNAL", "controller-external", "aws ecs create-task-set"),
    ],
)
def test_a_controller_that_this_version_does_not_drive_blocks_with_its_commands(
    controller: str, code: str, command: str
) -> None:
    account = Account(TWO, controller=controller, registry=REGISTRY)
    (row,) = choose.live(read(account)).findings
    assert (row.level, row.code) == ("blocker", code) and command in row.fix


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"aws:cloudformation:stack-name": "shop-prod"}, "CloudFormation stack shop-prod"),
        ({"copilot-service": "shop", "copilot-application": "app"}, "Copilot service shop"),
        ({"ManagedBy": "Terraform"}, "Terraform"),
    ],
)
def test_who_made_the_service_would_bring_the_bad_release_back(tags: Any, owner: str) -> None:
    found = about(Account(TWO, tags={"shop": tags}, registry=REGISTRY))
    assert found["auto-deploy"][0] == "warning" and owner in found["auto-deploy"][1]


def test_a_deleted_task_definition_is_no_candidate() -> None:
    known = read(Account({"shop": [*TWO["shop"], "shop:6 SUCCESSFUL 20d"]}, deleted=["shop:7"]))
    assert [release.skip for release in known] == [None, "artifact-gone", None]
    to = choose.previous(known).to
    assert to and to.id == "shop:6"


def test_a_copy_registered_for_an_earlier_rollback_is_the_release_it_is_a_copy_of() -> None:
    rows = [
        "shop:9 SUCCESSFUL 1h",
        "shop:8 SUCCESSFUL 1d",
        "shop:7 SUCCESSFUL 9d",
        "shop:6 SUCCESSFUL 20d",
    ]
    account = Account({"shop": rows}, inactive=["shop:7"], copies={"shop:9": "shop:7"})
    revision = account.rows["shop"][0]["revision"]
    revision["containerImages"] = account.rows["shop"][2]["revision"]["containerImages"]
    known = read(account)
    assert [f"{r.id} {r.status}" for r in known] == [
        "shop:9 live",
        "shop:8 rolled-back-from",
        "shop:6 superseded",
    ]
    assert known[0].aliases == ("shop:7",)


def test_the_same_image_with_other_variables_is_no_copy() -> None:
    rows = ["shop:9 SUCCESSFUL 1h", "shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d"]
    account = Account({"shop": rows}, inactive=["shop:7"])
    revision = account.rows["shop"][0]["revision"]
    revision["containerImages"] = account.rows["shop"][2]["revision"]["containerImages"]
    assert [r.status for r in read(account)] == ["live", "superseded", "superseded"]


def test_what_is_registered_again_has_no_field_that_aws_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = of_case(CASES[1])
    chosen = moves(account)
    monkeypatch.setitem(ecs.snapshot.__globals__, "connect", lambda *_: account)
    files = ecs.snapshot(chosen, None)  # type: ignore[arg-type]
    body = json.loads(files["shop-2.json"])
    from ecs_recorded import check

    check("ecs", "RegisterTaskDefinition", body, "input_shape")
    assert body["family"] == "shop" and body["tags"] == [{"key": "team", "value": "shop"}]
    assert "hunter" not in files["shop.json"].decode()


@pytest.mark.parametrize("why", ["silent", "denied"])
def test_without_a_history_registered_revisions_are_guesses(why: str) -> None:
    facts: dict[str, Any] = (
        {"silent": True}
        if why == "silent"
        else {"refusals": {"list_service_deployments": "AccessDeniedException"}}
    )
    known = read(Account(TWO, registered=["shop:6"], **facts))
    assert [(r.id, r.guess) for r in known] == [
        ("shop:8", False),
        ("shop:7", True),
        ("shop:6", True),
    ]
    assert known[0].findings[0].code == "history-weak"


def test_a_breaker_that_went_back_is_told_before_anybody_goes_further_back() -> None:
    known = read(of_case(CASES[0]))
    live = choose.live(known)
    (finding,) = live.findings
    assert finding.code == "back-by-itself" and "shop:9" in finding.message


def test_the_proof_wants_the_digest_that_ran() -> None:
    (step,) = ecs.steps(moves(Account(TWO)))
    assert step.proof and f"app={digest_of('shop:7')}" in step.proof.command.argv
    assert step.proof.expect == "shop:7 on every task"


def ran(account: Account, *digests: str) -> None:
    """Let the deployments of shop, newest first, have run these bytes: "a", "" where unknown."""
    for row, digest in zip(account.rows["shop"], digests, strict=True):
        (image,) = row["revision"]["containerImages"]
        image.pop("imageDigest")
        image |= {"imageDigest": f"sha256:{digest * 64}"} if digest else {}


@pytest.mark.parametrize(
    ("deployed", "expected"),
    [
        (["SUCCESSFUL 3d b", "SUCCESSFUL 21d a"], "b"),
        (["SUCCESSFUL 3d ", "SUCCESSFUL 9d b", "SUCCESSFUL 21d a"], "b"),
        (["ROLLBACK_SUCCESSFUL 3d c", "SUCCESSFUL 9d b", "SUCCESSFUL 21d a"], "b"),
    ],
    ids=["pushed again", "without a digest", "failed the last time"],
)
def test_a_task_definition_deployed_again_is_expected_as_it_last_ran(
    deployed: list[str], expected: str
) -> None:
    rows = [row.rsplit(" ", 1) for row in deployed]
    registry = {"v7": f"sha256:{expected * 64}", "older": f"sha256:{'a' * 64}"}
    history = ["shop:8 SUCCESSFUL 1h", *(f"shop:7 {text}" for text, _ in rows)]
    account = Account({"shop": history}, registry=registry)
    ran(account, "f", *(digest for _, digest in rows))
    (move,) = moves(account, "shop:7")
    (step,) = ecs.steps([move])
    assert step.proof and f"app=sha256:{expected * 64}" in step.proof.command.argv
    assert move.to.digests["shop/app"].endswith(f"@sha256:{expected * 64}")
    assert about(account, "shop:7") == {}


def test_a_restore_expects_the_bytes_that_were_live() -> None:
    account = Account(
        {"shop": ["shop:8 SUCCESSFUL 1h", "shop:8 SUCCESSFUL 2h", "shop:7 SUCCESSFUL 9d"]}
    )
    ran(account, "b", "a", "f")
    (step,) = ecs.steps(moves(account))
    assert step.undo and step.undo.do.argv[-1] == f"app=sha256:{'b' * 64}"


def test_a_login_other_than_that_of_the_plan_reaches_the_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planned with a profile; whoever runs or resumes it exports keys."""
    (step,) = ecs.steps(moves(Account(TWO)))
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s3", "AWS_SESSION_TOKEN": "t"}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    assert launch.environment(step.do.variables).items() >= keys.items()


def test_a_stop_that_leads_elsewhere_is_no_way_to_the_target() -> None:
    (step,) = ecs.steps(moves(of_case(CASES[2]), "shop:6"))
    assert "update-service" in step.do.by_hand
    running = step.do.argv[step.do.argv.index("--running") + 1]
    assert running == "" and definition("shop:6") in step.do.argv


def test_what_the_oldest_deployment_replaced_is_the_release_before_the_history() -> None:
    """A service that is deployed twice a year: ECS shows 90 days."""
    account = Account({"shop": ["shop:8 SUCCESSFUL 1d", "shop:5 SUCCESSFUL 200d"]}, shown=1)
    known = read(account)
    assert [(r.id, r.status, r.deployed_at) for r in known] == [
        ("shop:8", "live", "2026-11-19T12:03:00Z"),
        ("shop:5", "superseded", None),
    ]
    assert choose.previous(known).to == known[1] and "before the history" in known[1].description


def test_an_application_of_many_services_is_read_without_waiting_for_itself() -> None:
    many = {f"s{n}": [f"s{n}:2 SUCCESSFUL 1d", f"s{n}:1 SUCCESSFUL 9d"] for n in range(40)}
    account = Account(many)
    services = read_services(account, "prod", list(many))
    reads = account.spread(lambda service: history.read(account, service, 50), services)
    assert [read.service.service_name for read in reads] == list(many)


def test_failures_of_one_service_do_not_condemn_the_others_release() -> None:
    services = {
        "web": ["web:3 ROLLBACK_SUCCESSFUL 1h no", "web:2 SUCCESSFUL 1d", "web:1 SUCCESSFUL 9d"],
        "worker": ["worker:2 SUCCESSFUL 1d", "worker:1 SUCCESSFUL 9d"],
    }
    assert [f"{r.id} {r.status}" for r in read(Account(services))] == [
        "web:3+worker:2 failed",
        "web:2+worker:2 live",
        "web:1+worker:1 superseded",
    ]


def test_services_deployed_hours_apart_are_releases_of_their_own() -> None:
    services = {
        "web": ["web:2 SUCCESSFUL 1h", "web:1 SUCCESSFUL 9d"],
        "worker": ["worker:2 SUCCESSFUL 5h", "worker:1 SUCCESSFUL 9d"],
    }
    known = read(Account(services))
    assert [r.id for r in known] == ["web:2+worker:2", "web:1+worker:2", "web:1+worker:1"]


@pytest.mark.parametrize(
    ("order", "left"),
    [
        ([1, 2, 1], {2}),
        ([1, 2, 3, 1], {2, 3}),
        ([1, 2, 1, 2], set()),
        ([1, 2, 1, 3], {2}),
        ([1, 2, 2, 3], set()),
    ],
)
def test_what_was_left_for_something_older_is_rolled_back_from(
    order: list[int], left: set[int]
) -> None:
    rows = [f"shop:{number} SUCCESSFUL {10 - at}d" for at, number in enumerate(order)]
    known = read(Account({"shop": rows[::-1]}))
    marked = {int(r.id[5:]) for r in known if r.status == "rolled-back-from"}
    assert marked == left and known[0].status == "live"


def test_a_stop_leads_to_the_last_that_completed_and_not_to_what_it_replaced() -> None:
    rows = ["shop:9 IN_PROGRESS 5m", "shop:8 STOPPED 10m", "shop:7 SUCCESSFUL 9d"]
    (step,) = ecs.steps(moves(Account({"shop": rows})))
    assert "stop-service-deployment" in step.do.by_hand and definition("shop:7") in step.do.argv


@pytest.mark.parametrize(
    ("rows", "statuses"),
    [
        (["shop:2 IN_PROGRESS 5m", "shop:1 SUCCESSFUL 30m"], ["2 live", "1 superseded"]),
        (
            ["shop:2 IN_PROGRESS 5m", "shop:1 SUCCESSFUL 2h", "shop:2 ROLLBACK_SUCCESSFUL 1d no"],
            ["2 live", "1 superseded"],
        ),
        (
            ["shop:2 PENDING 5m", "shop:3 SUCCESSFUL 2h", "shop:2 SUCCESSFUL 9d"],
            ["2 live", "3 rolled-back-from"],
        ),
    ],
    ids=["completed after the service's clock began", "failed before", "on the way back"],
)
def test_what_is_being_deployed_is_newer_than_all_that_completed(
    rows: list[str], statuses: list[str]
) -> None:
    """In this account the primary deployment is an hour old, whatever the history says."""
    known = read(Account({"shop": rows}))
    assert [f"{r.id[5:]} {r.status}" for r in known] == statuses


def test_a_deregistered_target_is_deployed_as_its_copy_and_not_reached_by_a_stop() -> None:
    rows = ["shop:9 IN_PROGRESS 5m", "shop:7 SUCCESSFUL 9d"]
    register, deploy = ecs.steps(moves(Account({"shop": rows}, inactive=["shop:7"])))
    assert "register-task-definition" in register.do.by_hand
    assert "update-service" in deploy.do.by_hand
