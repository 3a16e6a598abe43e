"""The many ways to deploy with Compose: several files, profiles, replicas, several services, values in the shell, other names."""

from __future__ import annotations

from pathlib import Path

import pytest
from compose_shop import FILE, SETTINGS, Shop

# Files of ready images, or with the application behind a profile, do not tell what deploys the project.
NAMED = SETTINGS.replace("    health:", "    platform: docker-compose\n    health:")
WORKER = "  worker:\n    image: shop:${TAG}\n    stop_grace_period: 1s\n"


@pytest.fixture(params=["shop", "old_shop"])
def any_shop(request: pytest.FixtureRequest) -> Shop:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_the_tag_only_in_the_shell_and_a_project_of_another_name(any_shop: Shop) -> None:
    """With git tags beside it; the project is found by its folder."""
    any_shop.name = f"other{any_shop.name}"
    for version in ("v1", "v2", "v3"):
        any_shop.commit(f"release {version}", version)
        any_shop.run(*any_shop.tool, "-p", any_shop.name, "up", "-d", TAG=version)
    plan = any_shop.plan()
    assert [(move["current"]["id"], move["to"]["id"]) for move in plan["moves"]] == [("v3", "v2")]
    any_shop.execute(plan)
    assert any_shop.serves("v2")


def test_the_tag_written_into_the_compose_file(shop: Shop) -> None:
    shop.write(".claude/deployment-rollback.yml", NAMED)
    for version in ("v1", "v2"):
        shop.write("docker-compose.yml", FILE.replace("${TAG}", version))
        commit = shop.commit(f"release {version}")
        shop.up()
    plan = shop.plan()
    assert plan["moves"][0]["current"]["id"] == commit[:12]
    shop.execute(plan)
    assert shop.serves("v1")


def test_only_the_ledger_knows_a_tag_that_is_pushed_again_and_again(shop: Shop) -> None:
    shop.write(".claude/deployment-rollback.yml", NAMED)
    shop.write("docker-compose.yml", FILE.replace("shop:${TAG}", f"moving-{shop.name}:latest"))
    shop.commit("one tag for everything")
    for version in ("v1", "v2"):
        shop.run("docker", "tag", f"shop:{version}", f"moving-{shop.name}:latest")
        shop.up()
        shop.script("history", "staging", "--record", "--verdict", "good")
    plan = shop.plan()
    assert plan["moves"][0]["to"]["artifact"] == shop.image("shop:v1")
    shop.execute(plan)
    assert shop.serves("v1")


def test_several_files_and_a_profile_come_along(any_shop: Shop) -> None:
    any_shop.write(
        "docker-compose.yml",
        FILE.replace("    depends_on: [db]\n", '    depends_on: [db]\n    profiles: ["front"]\n'),
    )
    any_shop.write(
        "deploy/production.yml",
        'version: "3.7"\nservices:\n  web:\n    environment:\n      STAGE: production\n',
    )
    any_shop.write(".claude/deployment-rollback.yml", NAMED)
    files = ("-f", "docker-compose.yml", "-f", "deploy/production.yml", "--profile", "front")
    for version in ("v1", "v2", "v4"):
        any_shop.write(".env", f"TAG={version}\n")
        any_shop.commit(f"release {version}", version)
        any_shop.run(*any_shop.tool, *files, "up", "-d")
    any_shop.execute(any_shop.plan())
    assert any_shop.serves("v2")
    again = any_shop.plan()  # the labels now lead to our copies
    assert again["moves"][0]["to"]["id"] == "v1"
    any_shop.execute(again)
    assert any_shop.serves("v1")
    assert "STAGE=production" in any_shop.container("web")["Config"]["Env"]


def test_every_replica_of_two_services_moves_and_a_job_that_ran_once_is_left_alone(
    any_shop: Shop,
) -> None:
    job = (
        '  job:\n    image: shop:${TAG}\n    command: ["/bin/busybox", "true"]\n    restart: "no"\n'
    )
    any_shop.write("docker-compose.yml", FILE.replace("  db:\n", f"{WORKER}{job}  db:\n"))
    for version in ("v1", "v2"):
        any_shop.write(".env", f"TAG={version}\n")
        any_shop.commit(f"release {version}", version)
        any_shop.up("--scale", "worker=3")
    job = any_shop.container("job")["Id"]
    plan = any_shop.plan()
    assert sorted(move["target"]["app"] for move in plan["moves"]) == ["web", "worker"]
    done = any_shop.execute(plan, check=None)
    assert done["exit"] == 0, done
    assert any_shop.serves("v1")
    ids = any_shop.run("docker", "ps", "-q", "--filter", f"label=com.docker.compose.project={any_shop.name}",
                       "--filter", "label=com.docker.compose.service=worker").split()  # fmt: skip
    assert len(ids) == 3
    assert set(any_shop.run("docker", "inspect", "-f", "{{.Image}}", *ids).split()) == {
        any_shop.image("shop:v1")
    }
    assert any_shop.container("job")["Id"] == job


def test_only_the_named_service_moves(shop: Shop) -> None:
    shop.write("docker-compose.yml", FILE.replace("  db:\n", f"{WORKER}  db:\n"))
    shop.write(".claude/deployment-rollback.yml", SETTINGS.partition("        version_key")[0])
    shop.release("v1", "v2")
    plan = shop.plan("--app", "worker")
    assert [move["target"]["app"] for move in plan["moves"]] == ["worker"]
    shop.execute(plan)
    assert shop.serves("v2")
    assert shop.container("worker")["Image"] == shop.image("shop:v1")


def test_included_and_extended_files_stay_where_they_are(shop: Shop) -> None:
    shop.write("parts/web.yml", FILE.partition("  db:")[0].replace("    depends_on: [db]\n", ""))
    web = "  web:\n    extends: {file: parts/web.yml, service: web}\n    image: shop:${TAG}\n"
    shop.write("docker-compose.yml", f"include: [parts/store.yml]\nservices:\n{web}")
    shop.write(
        "parts/store.yml",
        'services:\n  db:\n    image: db:1\n    volumes: ["data:/var/lib/data"]\nvolumes:\n  data: {}\n',
    )
    shop.release("v1", "v2")
    shop.execute(shop.plan())
    assert shop.serves("v1")


def test_an_image_built_by_commit_is_found_by_its_hash(shop: Shop, tmp_path: Path) -> None:
    hashes = []
    shop.write(".claude/deployment-rollback.yml", SETTINGS.partition("        version_key")[0])
    for version in ("v1", "v2"):
        hashes.append(shop.commit(f"work on {version}"))
        shop.engine.load(f"shop:{hashes[-1][:8]}", version)
        shop.up(TAG=hashes[-1][:8])
    plan = shop.plan()
    assert [(move["current"]["commit"], move["to"]["commit"]) for move in plan["moves"]] == [
        (hashes[1], hashes[0])
    ]
    shop.execute(plan)
    assert shop.serves("v1")
