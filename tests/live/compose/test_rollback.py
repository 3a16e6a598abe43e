"""A rollback of a Compose project from plan to proof, on both generations of Compose."""

from __future__ import annotations

import pytest
from compose_shop import Shop


@pytest.fixture(params=["shop", "old_shop"])
def any_shop(request: pytest.FixtureRequest) -> Shop:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_a_broken_release_goes_back_then_further_back_and_the_next_deploy_finds_all_as_it_was(
    any_shop: Shop,
) -> None:
    any_shop.release("v1", "v2", "v3")
    store = any_shop.container("db")["Id"]
    plan = any_shop.plan()
    assert [
        (move["target"]["app"], move["current"]["id"], move["to"]["id"]) for move in plan["moves"]
    ] == [("web", "v3", "v2")]
    assert plan["moves"][0]["to"]["artifact"] == any_shop.image("shop:v2")
    assert "only-the-one-before" in {finding["code"] for finding in plan["findings"]}
    done = any_shop.execute(plan)
    assert (done["outcome"], done["health"]["verdict"]) == ("done", "healthy")
    assert any_shop.serves("v2")
    again = any_shop.plan()
    assert [(move["current"]["id"], move["to"]["id"]) for move in again["moves"]] == [
        ("v2", "v1")
    ], "never to what was left"
    any_shop.execute(again)
    assert any_shop.serves("v1")
    assert any_shop.script("history", "staging")["releases"][0]["status"] == "rolled-back-from"
    any_shop.release("v4")
    assert any_shop.serves("v4")
    assert any_shop.container("db")["Id"] == store


def test_good_to_good_and_back_again_with_restore(any_shop: Shop) -> None:
    any_shop.release("v1", "v2")
    before = any_shop.container("web")
    plan = any_shop.plan()
    any_shop.execute(plan)
    assert any_shop.serves("v1")
    restored = any_shop.execute(plan, verb="restore")
    assert restored["outcome"] == "restored"
    assert any_shop.serves("v2")
    after = any_shop.container("web")
    assert after["Config"]["Env"] == before["Config"]["Env"]
    assert after["HostConfig"]["PortBindings"] == before["HostConfig"]["PortBindings"]


def test_a_release_that_failed_is_skipped_by_name(shop: Shop) -> None:
    shop.release("v1")
    shop.script("history", "staging", "--record", "--verdict", "good")
    shop.release("v3")
    shop.script("history", "staging", "--record", "--verdict", "failed")
    shop.release("v4")
    plan = shop.plan()
    assert plan["moves"][0]["to"]["id"] == "v1"
    assert [(skip["release"], skip["code"]) for skip in plan["moves"][0]["skipped"]] == [
        ("v3", "failed")
    ]
    assert "only-the-one-before" not in {finding["code"] for finding in plan["findings"]}
    shop.execute(plan)
    assert shop.serves("v1")


def test_the_users_repository_stays_clean_and_no_value_is_written(shop: Shop) -> None:
    shop.write(
        "docker-compose.yml",
        shop.root.joinpath("docker-compose.yml")
        .read_text()
        .replace("COLOR: ${COLOR:-red}", "SECRET: ${SECRET}"),
    )
    shop.commit("a secret")
    for version in ("v1", "v2"):
        shop.write(".env", f"TAG={version}\n")
        shop.commit(f"release {version}", version)
        shop.up(SECRET="hunter2-hunter2")
    plan = shop.plan(SECRET="hunter2-hunter2")
    shop.execute(plan, SECRET="hunter2-hunter2")
    assert "SECRET=hunter2-hunter2" in shop.container("web")["Config"]["Env"]
    assert shop.run("git", "status", "--porcelain") == ""
    written = [
        path
        for folder in (shop.root, shop.engine.root / "home")
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    ]
    assert not [path for path in written if b"hunter2" in path.read_bytes()]


def test_variables_of_the_older_compose_file_are_named_by_key(shop: Shop) -> None:
    shop.release("v1")
    text = (shop.root / "docker-compose.yml").read_text()
    color = "COLOR: ${COLOR:-red}"
    with_mode = text.replace(color, f"{color}\n      MODE: fast")
    assert with_mode != text
    shop.write("docker-compose.yml", with_mode)
    shop.release("v2")
    plan = shop.plan("--full", check=None)
    assert [(row["key"], row["change"], row["restored"]) for row in plan["config"]] == [
        ("web: MODE", "removed", True)
    ]
