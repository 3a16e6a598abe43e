"""What the Compose adapter makes of recorded answers of the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from compose_recorded import CASES, Project, nothing_of_this_machine  # noqa: F401
from msgspec.structs import replace

from rollback.errors import Unreadable, Usage
from rollback.flow import choose
from rollback.model import Line
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.settings import Settings
from rollback.settings.model import EnvironmentSettings


@pytest.fixture(params=CASES, ids=lambda case: case["case"])
def any_project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, request.param)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, CASES[0])


def row(release: Any) -> str:
    return f"{release.id} {release.status} {'guess' if release.guess else release.skip or '-'}"


def test_the_recorded_releases_are_read_newest_first_with_one_live(any_project):
    found = any_project.releases()
    assert list(map(row, found)) == any_project.case["releases"]
    assert choose.previous(found).to.id == any_project.case["to"]


def test_the_change_is_one_up_of_the_binary_that_made_the_containers(any_project):
    moves = any_project.moves("v2")
    (step,) = docker_compose.steps(moves)
    function, name, folder, tool, *rest = step.do.argv
    assert (function, name, folder) == ("compose_up", any_project.target.details.name, "state/app")
    assert (
        " ".join([tool.rpartition("/")[2], *rest]).replace(str(any_project.root), "/srv/shop")
        == any_project.case["up"]
    )
    assert step.proof.expect == any_project.image("shop:v2")
    assert step.undo.proof.expect == any_project.image("shop:v3")
    _, *undo = [word for word in step.undo.do.argv if word.startswith("state/app")]
    names = ["now-env..env", "now.docker-compose.yml", "now-pins.json"]
    assert undo == [f"state/app/{name}" for name in names]


def test_every_payload_that_a_step_names_is_in_the_snapshot_and_pins_ids(any_project):
    moves = any_project.moves("v2")
    files = docker_compose.snapshot(moves, any_project.shell)
    (step,) = docker_compose.steps(moves)
    words = (*step.do.argv, *step.undo.do.argv)
    named = {word.removeprefix("state/app/") for word in words if word.startswith("state/app/")}
    assert named <= files.keys()
    for side, tag in (("to", "v2"), ("now", "v3")):
        pinned = json.loads(files[f"{side}-pins.json"])["services"]["web"]["image"]
        assert pinned == any_project.image(f"shop:{tag}")
        assert b"${TAG}" in files[f"{side}.docker-compose.yml"]  # by name, not by value
        assert files[f"{side}-env..env"] == f"TAG={tag}\n".encode()
    everything = b"".join(files.values())
    assert b"FOLDER" not in everything and b"rollback-" not in everything


def test_the_snapshot_names_variables_but_never_their_values(project):
    question, containers = project.containers()
    for one in containers:
        one["Config"]["Env"].append("SECRET=hunter2")
    project.shell.answers[question] = (0, json.dumps(containers), "")
    files = docker_compose.snapshot(project.moves("v2"), project.shell)
    assert b"SECRET" in files["containers.json"]
    assert b"hunter2" not in b"".join(files.values())


def test_the_first_guard_is_the_engine_and_the_second_covers_every_move(project):
    engine, images = docker_compose.guards(project.moves("v2"))
    id = project.target.where.rpartition("/")[0]
    assert (engine.id, engine.lines) == ("app.engine", (Line(id, id),))
    live, goal = project.image("shop:v3"), project.image("shop:v2")
    assert (images.id, images.lines) == ("app.images", (Line(live, goal, "app.web"),))


def test_a_database_does_not_move(project):
    assert [move.target.app for move in project.moves("v2")] == ["web"]
    assert project.target.details.services.stores == {"db": "is a data store (postgres)"}


def test_naming_a_service_that_keeps_data_is_a_blocker(project):
    project.settings = EnvironmentSettings(apps=("db",))
    project.shell.changed["docker image inspect --format {{.Id}} {{json"] = (0, "", "")
    moves = project.moves("v2")
    moves = [replace(move, target=replace(move.target, app="db")) for move in moves]
    codes = [
        finding.code
        for finding in docker_compose.preflight(moves, project.shell)
        if finding.level == "blocker"
    ]
    assert "stateful-service" in codes


def test_downtime_is_a_finding_only_for_services_that_run(project):
    moves = project.moves("v2")
    told = [
        finding.message
        for finding in docker_compose.preflight(moves, project.shell)
        if finding.code == "downtime"
    ]
    assert told == ["web: each container stops before the new one starts"]
    details = moves[0].target.details
    nothing = replace(details, services=replace(details.services, running={}))
    gone = [replace(move, target=replace(move.target, details=nothing)) for move in moves]
    assert "downtime" not in [
        finding.code for finding in docker_compose.preflight(gone, project.shell)
    ]


def test_the_ledger_knows_when_a_release_was_deployed(project):
    v1 = next(one for one in project.releases() if one.id == "v1").artifacts["web"]
    project.ledger = (project.entry("v1", v1, at="2026-11-21T10:05:00Z"),)
    found = next(one for one in project.releases() if one.id == "v1")
    assert (found.deployed_at, found.commit is not None) == ("2026-11-21T10:05:00Z", True)


def test_one_id_with_two_contents_is_two_releases(project):
    contents = {one.id: one.artifacts["web"] for one in project.releases()}
    project.ledger = (
        project.entry("stable", contents["v1"], at="2026-11-21T10:05:00Z"), project.entry("stable", contents["v4"], at="2026-11-22T10:05:00Z"),
    )  # fmt: skip
    found = {one.id: one for one in project.releases()}
    assert found["stable"].artifacts["web"] == contents["v4"]
    (renamed,) = [one for one in found.values() if one.aliases == ("stable",)]
    assert renamed.id.startswith("img-") and renamed.artifacts["web"] == contents["v1"]


def test_a_recorded_image_that_was_pruned_is_skipped_by_name(project):
    project.ledger = (project.entry("v0", f"sha256:{'0' * 64}"),)
    found = next(one for one in project.releases() if one.id == "v0")
    assert (found.skip, "web 000000000000" in found.skip_reason) == ("artifact-gone", True)


def test_a_compose_of_the_other_generation_is_refused(project):
    project.shell.changed["docker compose version"] = (
        1,
        "",
        "docker: 'compose' is not a docker command.",
    )
    project.shell.changed["docker-compose version"] = (0, "1.29.2\n", "")
    with pytest.raises(Unreadable) as caught:
        project.releases()
    assert caught.value.code == "compose-missing" and "2.26.1" in caught.value.message


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "docker-unreachable",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket",
            "docker-forbidden",
        ),
        (
            'error during connect: Get "https://x:2376": tls: failed to verify certificate: x509: unknown authority',
            "docker-tls",
        ),
        (
            'Failed to initialize: unable to resolve docker endpoint: context "prod": context not found',
            "docker-context",
        ),
    ],
)
def test_an_engine_that_does_not_answer_is_an_error_with_its_reason(project, said, code):
    project.shell.changed["docker version"] = (1, "", said)
    with pytest.raises(Unreadable) as caught:
        docker_compose.targets(project.environment, project.shell)
    assert caught.value.code == code


def test_podman_is_recognised_and_refused(project):
    project.shell.changed["docker version"] = (
        0,
        '{"Client":{"Version":"4.3.1"},"Server":{"Components":[{"Name":"Podman Engine"}]}}',
        "",
    )
    with pytest.raises(Unreadable) as caught:
        docker_compose.targets(project.environment, project.shell)
    assert caught.value.code == "podman-unsupported"


def test_a_swarm_stack_is_recognised_and_refused(project):
    project.group = Settings(project="stack")
    project.shell.changed[
        "docker ps --all --quiet --filter label=com.docker.stack.namespace=stack"
    ] = (0, "abc\n", "")
    with pytest.raises(Unreadable) as caught:
        docker_compose.targets(project.environment, project.shell)
    assert caught.value.code == "swarm-unsupported"


def test_two_projects_from_one_folder_need_a_setting(project):
    question, containers = project.containers()
    containers[0]["Config"]["Labels"]["com.docker.compose.project"] = "other"
    project.shell.answers[question] = (0, json.dumps(containers), "")
    with pytest.raises(Usage) as caught:
        docker_compose.targets(project.environment, project.shell)
    assert caught.value.code == "which-project"


def test_a_compose_file_that_was_moved_is_named(project):
    (project.root / "docker-compose.yml").unlink()
    with pytest.raises(Unreadable) as caught:
        docker_compose.targets(project.environment, project.shell)
    assert caught.value.code == "no-compose-file"
