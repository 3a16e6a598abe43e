"""With --full the project's own files go back with the release, and come forward again in a restore."""

from __future__ import annotations

from compose_shop import Shop
from test_interruptions import kill_at, killed


def test_env_files_of_the_release_go_back_and_forward_also_when_the_run_is_killed(
    shop: Shop,
) -> None:
    shop.release("v1", "v2")
    today = {name: (shop.root / name).read_text() for name in (".env", "docker-compose.yml")}
    variables = kill_at(shop, "start")
    plan = shop.plan("--full", **variables)
    assert [(row["id"], row["part"]) for row in plan["components"]] == [
        ("app-config", "config"),
        ("app", "app"),
    ]
    assert [row["part"] for row in plan["steps"]] == ["config", "app"]
    killed(shop, plan, variables, "start")
    done = shop.execute(plan, **variables)
    assert done["outcome"] == "done" and "git checkout HEAD -- .env" in " ".join(done["open"])
    assert (shop.root / ".env").read_text() == "TAG=v1\n" and shop.serves("v1")
    shop.up()  # by hand: it would have brought v2 back
    assert shop.serves("v1")
    forward = shop.plan("v2", "--full", "--dry-run", check=None)
    assert [row["part"] for row in forward["steps"]] == ["config", "app"]  # git still tells them
    undone = shop.execute(plan, verb="restore", **variables)
    assert undone["outcome"] == "restored" and shop.serves("v2")
    assert {name: (shop.root / name).read_text() for name in today} == today
    assert shop.run("git", "status", "--porcelain") == ""


def test_a_file_with_changes_that_git_does_not_have_stays_and_is_named(shop: Shop) -> None:
    shop.release("v1", "v2")
    (shop.root / ".env").write_text("TAG=v2\nCOLOR=blue\n")
    plan = shop.plan("--full", check=None)
    assert [row["id"] for row in plan["components"]] == ["app"]
    assert {"component": "app", "key": ".env", "change": "changed", "restored": False} in plan["config"]  # fmt: skip
    (stays,) = [row for row in plan["findings"] if row["code"] == "config-stays"]
    assert ".env" in stays["message"] and "diff HEAD" in stays["fix"]
