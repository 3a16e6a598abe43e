"""The change and its undo as commands: what moves, what is started, stopped, or joins again."""

from __future__ import annotations

import pytest
from compose_recorded import container, exited, moves, source, target

from rollback.model import Line
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.engine.containers import Dependency

VPN, PROXY = container("vpn"), container("proxy", shares=("vpn-id",))
V1 = {service: f"sha256:{service}1" for service in ("web", "api", "vpn", "assets")}


def to_v1(*containers, services=None, **facts):
    """Moves of `services`, of all that have an image in V1 unless told otherwise."""
    here = [one.service for one in containers] if services is None else services
    return moves(target(*containers), {name: V1[name] for name in here if name in V1}, **facts)


def steps(*containers, **facts):
    return {what(step): step for step in docker_compose.steps(to_v1(*containers, **facts))}


def what(step) -> str:
    """The end of its id, after the component or the move."""
    return step.id.rpartition(".")[2]


def words(command) -> str:
    return " ".join(command.argv)


def test_a_service_with_replicas_on_two_images_moves_to_either():
    both = [container("web", id="a"), container("web", id="b", image="sha256:web1")]
    found = to_v1(*both)
    assert [move.target.app for move in found] == ["web"]
    assert found[0].to.artifact == "sha256:web1"
    (step,) = docker_compose.steps(found)
    assert "--scale web=2" in words(step.do) and "--scale web=2" in words(step.undo.do)
    _, guard = docker_compose.guards(found)
    assert guard.lines == (Line("sha256:web2", "sha256:web1", "app.web"),)


def test_a_service_that_runs_the_targets_image_stays():
    both = [container("web", image="sha256:web1"), container("api")]
    assert [move.target.app for move in to_v1(*both)] == ["api"]


def test_a_service_whose_image_is_gone_is_still_a_move():
    (move,) = to_v1(container("web"), services=(), absent={"web": "shop:v1"})
    assert move.to.artifact == "shop:v1"


def test_stores_and_jobs_never_move():
    running = target(container("web"), container("db", reference="postgres:16"), exited("migrate"))
    wanted = {service: f"sha256:{service}1" for service in ("web", "db", "migrate")}
    assert [move.target.app for move in moves(running, wanted)] == ["web"]


def test_a_single_up_recreates_only_the_moving_services():
    step = steps(container("web"), container("api"), container("cache"))["switch"]
    assert words(step.do).endswith("up --detach --no-deps --no-build --pull never api web")
    assert words(step.undo.do).endswith("up --detach --no-deps --no-build --pull never api web")
    assert step.moves == ("app.api", "app.web")
    assert (step.id, step.title) == ("app.switch", "Switch api, web to v1")
    assert step.undo.title == "Switch api, web back to v2"
    assert words(step.proof.command) == "running shop api sha256:api1 web sha256:web1"
    assert (step.proof.expect, step.undo.proof.expect) == (
        "sha256:api1\nsha256:web1",
        "sha256:api2\nsha256:web2",
    )


def test_services_behind_a_profile_are_moved_too():
    hidden = source("services: {web: {image: x, profiles: [extra]}, other: {profiles: [off]}}\n")
    step = steps(container("web"), source=hidden)["switch"]
    assert "--profile extra --env-file" in words(step.do) or "--profile extra --file" in words(
        step.do
    )
    assert "off" not in words(step.do)


def test_variables_of_the_files_are_handed_on_by_name(monkeypatch):
    monkeypatch.setenv("COLOR", "crimson")
    monkeypatch.delenv("SHADE", raising=False)
    text = "services: {web: {image: x, environment: {A: '${COLOR}', B: '${SHADE}'}}}\n"
    step = steps(container("web"), source=source(text))["switch"]
    assert "COLOR" in step.do.variables and "SHADE" not in step.do.variables
    assert "crimson" not in words(step.do)


def test_the_files_of_each_side_are_those_of_its_release():
    step = steps(container("web"), source=source(TAG="v1"))["switch"]
    assert (
        "--env-file state/app/to-env..env --file state/app/to.compose.yaml --file state/app/to-pins.json"
        in words(step.do)
    )
    assert "--file state/app/now.compose.yaml --file state/app/now-pins.json" in words(step.undo.do)


def test_a_carrier_may_exit_again_after_the_switch():
    step = steps(exited("assets"), container("web", shares=("assets-id",)))["switch"]
    assert step.proof.expect == "sha256:assets1-stopped\nsha256:web1"


def test_a_carrier_that_ended_does_not_weaken_the_proof_of_the_undo():
    up = steps(exited("assets"), container("web", shares=("assets-id",)))["switch"]
    question = "running shop assets sha256:assets2-stopped web sha256:web2"
    assert words(up.undo.proof.command) == question
    assert up.undo.proof.expect == "sha256:assets2-stopped\nsha256:web2"
    down = steps(exited("assets"), exited("web", 1, shares=("assets-id",)))["switch"]
    assert words(down.undo.proof.command).split()[0] == "images"
    assert down.undo.proof.expect == "sha256:assets2\nsha256:web2"


def test_a_stopped_service_must_run_after_the_rollback_but_not_after_the_undo():
    step = steps(exited("web", 1), container("api"))["switch"]
    assert (words(step.proof.command).split()[0], step.proof.expect) == (
        "running",
        "sha256:api1\nsha256:web1",
    )
    assert words(step.undo.proof.command).split()[0] == "images"
    up = steps(container("web"), exited("cache", 1))["switch"]
    assert words(up.undo.proof.command).split()[0] == "running"


def test_a_service_that_only_the_target_has_is_started_and_its_undo_removes_it():
    found = steps(container("web"), starts=["api"], services=("web", "api"))
    assert list(found) == ["switch", "start"]
    start = found["start"]
    assert words(start.do).endswith("--no-build --pull never api") and start.moves == ("app.api",)
    assert words(start.proof.command) == "running shop api sha256:api1"
    assert words(start.undo.do).endswith("--file state/app/to-pins.json rm --stop --force api")
    assert words(start.undo.proof.command) == "absent shop api" and start.undo.proof.expect == "yes"


def test_a_new_service_is_expected_to_be_absent_before():
    found = to_v1(container("web"), starts=["api"], services=("web", "api"))
    _, guard = docker_compose.guards(found)
    assert guard.lines == (
        Line("sha256:web2", "sha256:web1", "app.web"),
        Line("", "sha256:api1", "app.api"),
    )


def test_a_replaced_service_is_stopped_first_and_its_undo_starts_it():
    found = steps(container("web"), starts=["api"], lacks=["web"], services=("api",))
    assert list(found) == ["stop", "start"]
    stop = found["stop"]
    assert words(stop.do).endswith(" stop web") and stop.proof.expect == "sha256:web2-stopped"
    assert words(stop.undo.do).endswith(" start web") and stop.undo.proof.expect == "sha256:web2"
    assert stop.moves == ("app.api",)
    assert all("state/app/now." in words(command) for command in (stop.do, stop.undo.do))


def test_a_service_that_the_target_lacks_keeps_running_when_nothing_replaces_it():
    assert list(steps(container("web"), container("api"), lacks=["api"], services=("web",))) == [
        "switch"
    ]


def test_sharers_are_recreated_last_in_both_directions():
    found = steps(VPN, PROXY, container("web"), services=("vpn",))
    assert list(found) == ["switch", "join"]
    join = found["join"]
    assert join.undo.last and join.undo.do == join.do and join.undo.proof == join.proof
    assert join.do.argv[:2] == ("compose_up", "shop")
    assert words(join.do).endswith(
        "up --detach --no-deps --no-build --pull never --force-recreate proxy"
    )
    assert "state/app/now-pins.json" in join.do.argv
    assert "state/app/to-pins.json" not in join.do.argv
    assert words(join.proof.command) == "attached shop proxy vpn" and join.proof.expect == "yes"


def test_sharers_of_sharers_join_too():
    tied = container("api", depends_on=(Dependency("proxy", "service_started", True),))
    join = steps(VPN, PROXY, tied, services=("vpn",))["join"]
    assert words(join.proof.command) == "attached shop proxy vpn api proxy"
    assert join.do.argv[-2:] == ("proxy", "api") and join.moves == ("app.vpn",)


def test_sharers_that_move_themselves_and_those_of_others_do_not_join():
    sharing = container("web", shares=("vpn-id",))
    assert list(steps(VPN, sharing)) == ["switch"]
    assert list(steps(VPN, PROXY, container("web"), services=("web",))) == ["switch"]


def test_a_job_that_shares_is_never_started():
    assert list(steps(VPN, exited("migrate", shares=("vpn-id",)), services=("vpn",))) == ["switch"]


@pytest.mark.parametrize(("version", "pulls"), [("1.29.2", False), ("2.26.1", True)])
def test_compose_v1_knows_no_pull_option(version, pulls):
    found = moves(target(VPN, PROXY, tool_version=version), {"vpn": "sha256:vpn1"})
    assert all(("--pull never" in words(step.do)) is pulls for step in docker_compose.steps(found))


@pytest.mark.parametrize("version", ["1.29.2", "2.26.1"])
def test_every_compose_command_goes_through_the_functions_of_the_script(version):
    """They tell it where the env files of the release are."""
    app = moves(
        target(container("web"), VPN, PROXY, tool_version=version),
        {"app": "sha256:app1", "vpn": "sha256:vpn1"},
        starts=["app"],
        lacks=["web"],
    )
    found = docker_compose.steps(app)
    assert [what(step) for step in found] == ["stop", "switch", "start", "join"]
    for step in found:
        for command in (step.do, step.undo.do):
            function, *rest = command.argv
            upward = "up" in rest
            assert function == ("compose_up" if upward else "compose")
            assert rest[: 4 if upward else 3] == [
                *["shop"] * upward,
                "state/app",
                "docker",
                "compose",
            ]


def test_a_change_has_two_minutes_and_the_longest_grace_period():
    (short,) = docker_compose.steps(to_v1(container("web")))
    (long,) = docker_compose.steps(to_v1(container("web"), container("db", grace=300)))
    (more,) = docker_compose.steps(to_v1(container("web"), container("api")))
    assert (short.deadline, long.deadline, more.deadline) == (135, 425, 140)
    assert (short.do.timeout, long.undo.do.timeout) == (135, 425)


def created(service, awaited="web", **facts):
    waits = (Dependency(awaited, "service_healthy", False),)
    state = {"Status": "created", "Running": False}
    return container(service, state=state, depends_on=waits, **facts)


def test_what_the_deploy_made_and_did_not_start_is_started_at_the_end_with_its_own_image():
    found = to_v1(container("web"), created("proxy"), services=["web"])
    *_, step = docker_compose.steps(found)
    title = "Start proxy, which the deploy of v2 made and did not start"
    assert (step.id, step.title, step.undo) == ("app.first-start", title, None)
    assert words(step.do).endswith("up --detach --no-deps --no-build --pull never proxy")
    assert (words(step.proof.command), step.proof.expect) == (
        "running shop proxy sha256:proxy2",
        "sha256:proxy2",
    )


@pytest.mark.parametrize(
    ("facts", "settings"),
    [({"lacks": ("proxy",)}, {}), ({}, {"services": ("web",)})],
    ids=["the target lacks it", "the settings do not list it"],
)
def test_a_service_that_does_not_belong_to_the_rollback_is_not_started(facts, settings):
    running = target(container("web"), created("proxy"), **settings)
    found = moves(running, {"web": V1["web"]}, **facts)
    assert [what(step) for step in docker_compose.steps(found)] == ["switch"]


def test_a_service_that_somebody_stopped_or_that_runs_once_is_not_started():
    somebody = container(
        "proxy", state={"Status": "exited", "ExitCode": 0}, restart_policy="always"
    )
    job = created("migrate")
    waiting = Dependency("migrate", "service_completed_successfully", False)
    web = container("web", depends_on=(waiting,))
    assert [*steps(web, somebody, job, services=["web"])] == ["switch"]


@pytest.mark.parametrize(
    ("waiting", "declared"),
    [
        (created("tool", awaited="api"), {}),
        (created("migrate"), {"migrate": {"command": "flyway migrate"}}),
        (created("console"), {"console": {"profiles": ["debug"]}}),
        (created("db", reference="postgres:16"), {}),
    ],
    ids=["it waits for what stays", "a job by its command", "of a profile", "a store"],
)
def test_what_no_rollback_may_start_is_not_started(waiting, declared):
    running = target(container("web"), container("api"), waiting, declared=declared)
    found = moves(running, {"web": V1["web"]})
    assert [what(step) for step in docker_compose.steps(found)] == ["switch"]
