"""What must not be rolled back is refused before anything is touched, with the reason and the way out."""

from __future__ import annotations

from typing import Any

from compose_shop import FILE, Shop


def blockers(plan: Any) -> dict[str, str]:
    return {
        finding["code"]: finding["message"]
        for finding in plan["findings"]
        if finding["level"] == "blocker"
    }


def test_a_release_whose_image_was_pruned_is_skipped_and_naming_it_is_a_blocker(shop: Shop) -> None:
    shop.release("v1", "v2", "v4")
    shop.write(".env", "TAG=gone\n")
    shop.commit("a release whose image is not here", "gone")
    shop.write(".env", "TAG=v4\n")
    shop.commit("release v4 again", "again")
    assert shop.plan()["moves"][0]["to"]["id"] == "v2"
    there = shop.container("web")["Id"]
    plan = shop.plan("gone", check=None)
    assert plan["exit"] == 6
    assert "shop:gone" in blockers(plan)["artifact-gone"]
    assert shop.container("web")["Id"] == there


def test_an_image_that_is_removed_after_the_plan_fails_the_step_and_leaves_the_old_container_running(
    shop: Shop,
) -> None:
    shop.release("v1", "v2")
    shop.run("docker", "tag", "shop:v1", "shop:kept")
    shop.run("docker", "tag", "shop:v1", "spare:v1")
    plan = shop.plan("v1")
    shop.run("docker", "rmi", "shop:kept", "shop:v1", "spare:v1")
    try:
        assert shop.execute(plan, check=5)["outcome"] == "failed"
        assert shop.answer() == (200, "v2")
    finally:
        shop.engine.load("shop:v1", "v1")
    assert shop.execute(plan)["outcome"] == "done"


def test_a_shell_without_the_variables_of_the_deploy_is_refused_naming_service_and_variable(
    shop: Shop,
) -> None:
    shop.write("docker-compose.yml", FILE.replace("${COLOR:-red}", "${COLOR}"))
    for version in ("v1", "v2"):
        shop.write(".env", f"TAG={version}\n")
        shop.commit(f"release {version}", version)
        shop.up(COLOR="blue")
    plan = shop.plan(check=6)
    assert (
        "web" in blockers(plan)["environment-differs"]
        and "COLOR" in blockers(plan)["environment-differs"]
    )
    other = shop.plan(check=6, COLOR="green")
    assert "COLOR" in blockers(other)["environment-differs"]
    assert "green" not in str(other) and "blue" not in str(other)
    shop.execute(shop.plan(COLOR="blue"), COLOR="blue")
    assert "COLOR=blue" in shop.container("web")["Config"]["Env"]


def test_a_compose_file_edited_but_not_deployed_is_no_obstacle_where_git_has_the_deployed_one(
    shop: Shop,
) -> None:
    shop.release("v1", "v2")
    before = shop.container("web")
    shop.write("docker-compose.yml", FILE.replace("${COLOR:-red}", "yellow"))
    plan = shop.plan()
    shop.execute(plan)
    assert "COLOR=red" in shop.container("web")["Config"]["Env"]
    shop.execute(plan, verb="restore")
    assert shop.container("web")["Config"]["Env"] == before["Config"]["Env"]


def test_a_store_stays_as_it_is_and_naming_it_is_a_blocker(shop: Shop) -> None:
    shop.release("v1")
    shop.write("docker-compose.yml", FILE.replace("db:1", "db:2"))
    shop.release("v2")
    assert shop.container("db")["Image"] == shop.image("db:2")
    plan = shop.plan()
    assert [move["target"]["app"] for move in plan["moves"]] == ["web"]
    assert "left-alone" in {finding["code"] for finding in plan["findings"]}
    named = shop.plan("--app", "db", check=6)
    assert "stateful-service" in blockers(named)
    store = shop.container("db")["Id"]
    shop.execute(plan)
    assert shop.container("db")["Id"] == store


def test_local_tags_alone_are_a_guess_that_has_to_be_named(shop: Shop) -> None:
    shop.run("rm", "-rf", ".git")
    shop.up(TAG="v2")
    plan = shop.plan(TAG="v2", check=None)
    assert (plan["verdict"], plan["exit"]) == ("choose", 2)
    assert plan["run"] is None
    named = shop.plan("v1", TAG="v2")
    assert named["moves"][0]["current"]["id"] == "v2"
    assert "guess" in {finding["code"] for finding in named["findings"]}


def test_a_project_that_does_not_run_has_nothing_to_roll_back(shop: Shop) -> None:
    shop.write(".env", "TAG=v1\n")
    answer = shop.plan(check=3)
    assert answer["error"]["code"] == "nothing-deployed"


def test_what_is_at_its_target_an_engine_that_is_away_and_a_file_that_cannot_be_parsed_are_told(
    shop: Shop,
) -> None:
    shop.release("v1", "v2")
    plan = shop.plan("v2")
    assert (plan["verdict"], plan["moves"], plan["run"]) == ("already", [], None)
    answer = shop.plan(check=12, DOCKER_HOST="unix:///tmp/no-such-socket")
    assert answer["error"]["code"] == "docker-unreachable"
    with (shop.root / "docker-compose.yml").open("a") as file:
        file.write("services: [\n")
    answer = shop.plan(check=12)
    assert answer["error"]["code"] == "compose-unparsable"
    assert "docker-compose.yml" in answer["error"]["message"]
