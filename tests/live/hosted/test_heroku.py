"""Heroku, whole way: a plan, the rollback, its proof, and its undo; and what a plan has to say."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from heroku_server import BAD, GOOD, SECRET, TOKEN, Heroku
from hosted_site import Site
from loopback import Asked, Fault

from tests.live.run_processes import command_lines


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}


def test_the_last_good_code_comes_back_with_its_config_and_goes_again(site: Site, heroku: Heroku):
    plan = site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"], move["bare"]) == ("v6", "v4", "v4")
    done = site.execute(plan)
    assert heroku.live == f"v7 {GOOD}"
    assert heroku.releases[-1]["description"] == "Rollback to v4"
    assert (done["outcome"], done["health"]["verdict"]) == ("done", "healthy")
    assert done["targets"][0]["proof"].startswith("the live release of shop: v4 ")
    again = site.execute(plan)
    assert again["outcome"] == "already" and heroku.live == f"v7 {GOOD}"
    heroku.slugs[heroku.by("6")["slug"]["id"]]["bad"] = False
    back = site.restore(plan)
    assert back["outcome"] == "restored" and heroku.live == f"v8 {BAD}"
    assert [row[:2] for row in heroku.server.changes()] == [("POST", "/apps/shop/releases")] * 2


def test_after_a_rollback_previous_never_means_the_bad_one(site: Site, heroku: Heroku):
    site.execute(site.plan())
    (move,) = site.plan()["moves"]
    assert (move["current"]["id"], move["to"]["id"], move["bare"]) == ("v7", "v2", "v6")
    assert {row["release"]: row["code"] for row in move["skipped"]} == {
        "v6": "rolled-back-from",
        "v5": "failed",
        "v4": "same-content",
        "v3": "same-content",
    }
    known = site.script("history", "staging")["releases"]
    assert [row["status"] for row in known][:3] == ["live", "rolled-back-from", "failed"]


def test_no_token_and_no_value_is_written_or_shown(site: Site, heroku: Heroku):
    heroku.attach("DATABASE", 0.1)
    heroku.set_config(0.05, STRIPE_KEY="sk-not-shown")
    heroku.repair()
    plan = site.plan("v7")
    assert findings(plan)["config-changes"][1].endswith("dropped: STRIPE_KEY")
    site.execute(plan)
    site.restore(plan)
    listed = (Path(plan["run"]) / "state/app/shop.json").read_text()
    assert '"STRIPE_KEY"' in listed and '"DATABASE_URL"' in listed
    for secret in (TOKEN, SECRET, "sk-not-shown"):
        assert secret not in site.written() + str(plan), secret
    assert "/apps/shop/releases" in site.curl_log.read_text(), "the log is that of our curl"


def test_no_process_list_shows_the_token(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.server.fault = Fault("hang", method="POST", after=True)
    process, seen = site.start("execute", *site.approved(plan)), ""
    while process.poll() is None:
        seen += command_lines()
        time.sleep(0.02)
    process.communicate()
    assert "/apps/shop/releases" in seen and "--data" in seen, "curl was seen while it waited"
    assert TOKEN not in seen


def test_config_that_changes_is_named_and_what_an_add_on_would_lose_blocks(
    site: Site, heroku: Heroku
):
    heroku.set_config(0.1, SALT="2", FEATURE="off")
    heroku.couple("production")
    plan = site.plan()
    level, message = findings(plan)["config-changes"]
    assert level == "warning" and "changed: FEATURE" in message and "dropped: SALT" in message
    full = site.plan("--full", check=None)
    assert {(row["key"], row["change"], row["restored"]) for row in full["config"]} == {
        ("FEATURE", "changed", True),
        ("SALT", "removed", True),
    }
    assert findings(plan)["auto-deploy"][0] == "note"
    opened = site.execute(plan, check=None)["open"]
    assert any("stage production of a pipeline" in line for line in opened), opened
    heroku.attach("DATABASE", 0)
    level, message = findings(site.plan("v3", check=6))["config-would-vanish"]
    assert level == "blocker" and message.endswith("it has no DATABASE_URL")


def test_what_is_under_way_blocks(site: Site, heroku: Heroku):
    heroku.build("pending")
    assert findings(site.plan(check=6))["deploy-in-flight"][0] == "blocker"
    heroku.builds.clear()
    heroku.phase_seconds = 600
    heroku.started[heroku.deploy("d" * 40, 0, "pending")] = 1e12
    level, message = findings(site.plan(check=6))["deploy-in-flight"]
    assert level == "blocker" and message.startswith("v7 of shop is being released")


def test_a_slug_that_is_gone_blocks(site: Site, heroku: Heroku):
    del heroku.slugs[heroku.by("4")["slug"]["id"]]
    level, message = findings(site.plan(check=6))["artifact-gone"]
    assert level == "blocker" and message == "the slug of v4 of shop is gone"


def test_a_release_that_heroku_forgot_since_it_was_listed_blocks(site: Site, heroku: Heroku):
    good = heroku.by("4")

    def forget(asked: Asked) -> None:
        if good["id"] in asked.path and good in heroku.releases:
            heroku.releases.remove(good)

    heroku.server.watch = forget
    found = findings(site.plan(check=6))
    assert found["artifact-gone"][0] == "blocker" and found["config-changes"][0] == "warning"


def with_phase(heroku: Heroku) -> None:
    slug = heroku.by("4")["slug"]["id"]
    heroku.slugs[slug]["process_types"]["release"] = "python manage.py migrate"


def test_a_release_phase_is_waited_for_and_proven(site: Site, heroku: Heroku):
    with_phase(heroku)
    heroku.phase_seconds = 1.0
    plan = site.plan()
    level, message = findings(plan)["release-phase-runs"]
    assert level == "warning" and "python manage.py migrate" in message
    done = site.execute(plan)
    assert (done["outcome"], heroku.live) == ("done", f"v7 {GOOD}")


def test_a_release_phase_that_fails_leaves_the_bad_code_serving_and_says_so(
    site: Site, heroku: Heroku
):
    with_phase(heroku)
    heroku.phase_ends = "failed"
    plan = site.plan()
    failed = site.execute(plan, check=5)
    assert (failed["outcome"], heroku.live) == ("failed", f"v6 {BAD}")
    assert failed["targets"][0]["now"] == "v6" and failed["targets"][0]["state"] == "failed"
    assert "v7 failed, so the release before it keeps serving" in failed["talk"]
    assert "heroku releases:output v7 --app shop" in failed["talk"]
    heroku.phase_ends = "succeeded"
    assert site.execute(plan)["outcome"] == "done"
    assert heroku.live == f"v8 {GOOD}"


def test_dynos_that_crash_are_unhealthy(site: Site, heroku: Heroku):
    heroku.roll_back(4)
    heroku.dyno_state = (
        "crashed"  # the endpoint answers, so it is the platform's own view that fails
    )
    checks = site.script("health", "staging", check=7)["checks"]
    assert [row["detail"] for row in checks if "dynos" in row["name"]] == ["2 of 2 crashed on v7"]


def test_a_long_history_is_read_page_by_page(site: Site, heroku: Heroku):
    heroku.page = 2
    (move,) = site.plan()["moves"]
    assert move["to"]["id"] == "v4"
    assert len(site.script("history", "staging", "--clear-cache")["releases"]) == 6


def test_the_token_of_netrc_serves_as_well(site: Site, heroku: Heroku):
    del site.environment["HEROKU_API_KEY"]
    error = site.plan(check=12)["error"]
    assert error["code"] == "token-missing" and "heroku login" in error["fix"]
    netrc = site.root / ".netrc"
    entry = "machine 127.0.0.1\n  login ana@example.org\n  password "
    netrc.write_text(f"default login me password x\n{entry}{TOKEN}\n{entry}expired\n")
    netrc.chmod(0o600)
    assert site.execute(site.plan())["outcome"] == "done"
    assert heroku.live == f"v7 {GOOD}"
    netrc.unlink()
    assert TOKEN not in site.written()


def test_the_list_can_be_pasted_and_a_script_alone_needs_no_python(site: Site, heroku: Heroku):
    plan = site.plan()
    run = Path(plan["run"])
    answer = site.bash(run / "rollback.sh", "--list")
    assert "\n    heroku rollback v4 --app shop\n" in answer
    assert "\n    heroku rollback v6 --app shop\n" in site.bash(run / "restore.sh", "--list")
    dry = site.bash(run / "rollback.sh", "--dry-run")
    assert "[1/1] Roll back shop to v4: would run" in dry
    assert heroku.server.changes() == []
    text = (run / "rollback.sh").read_text()
    assert len(text.splitlines()) <= 150 and not re.search(r"\bpython", text)


def test_a_git_remote_names_the_app(site: Site, heroku: Heroku):
    site.git("remote", "add", "heroku", "https://git.heroku.com/shop.git")
    site.git("remote", "add", "qa", "https://git.heroku.com/shop-qa.git")
    site.commit_settings({"heroku": {"api": heroku.server.url}})
    error = site.plan(check=2)["error"]
    assert error["code"] == "which-app" and "heroku shop, qa shop-qa" in error["message"]
    site.git("remote", "rename", "heroku", "staging")
    assert site.plan()["moves"][0]["target"]["app"] == "shop"
