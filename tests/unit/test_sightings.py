"""What was live when somebody looked is kept: proof of a deployment, and no verdict."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from records import unwritable
from shop import LAST, NOW, Shop, shop
from sites import platform

from rollback.flow import choose, history, status
from rollback.flow import plan as plans
from rollback.flow import selection as selections
from rollback.flow import site as sites
from rollback.flow.site import Site, Source
from rollback.model import Finding, Release, Target
from rollback.records import ledger
from rollback.settings.environment import Environment, LedgerEntry
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

__all__ = ["shop"]
pytestmark = pytest.mark.programs
SHOP = Target("demo", "app", "p", "shop", "box", False)
LIVE, OLD = Release("2", status="live", artifact="b"), Release("1", artifact="a")


def look(project: Path, *releases: Release, target: Target = SHOP, **how: Any) -> history.History:
    """One look at a platform that answers with these releases."""
    entries = ledger.read(project, "demo")
    seen = tuple(entry for entry in entries if entry.verdict == "seen")
    verdicts = tuple(entry for entry in entries if entry.verdict != "seen")
    where = Environment(
        "demo", False, project, EnvironmentSettings(), ledger=verdicts, sightings=seen
    )
    answers = platform(targets=lambda *_: [target], releases=lambda *_: [list(releases)])
    source = Source(where, "p", answers, Shell(project))
    return history.read(selections.of(Site(where, (source,)), ()), **how)


def rows(project: Path) -> list[tuple[str, str, str | None, str]]:
    return [
        (entry.app, entry.release, entry.artifact, entry.verdict) for entry in ledger.read(project)
    ]


def record(project: Path, verdict: str, release: Release = OLD, app: str = "shop") -> None:
    ledger.record(
        project,
        [
            LedgerEntry(
                "2026-11-20T00:00:00Z",
                "demo",
                "p",
                "box",
                app,
                release.id,
                release.artifact,
                verdict,
            )
        ],
    )


def laid_over(project: Path, release: Release) -> Release:
    return look(project, LIVE, release).targets[0].releases[1]


def test_what_is_live_is_kept_once(tmp_path: Path) -> None:
    for _ in range(3):
        look(tmp_path, LIVE, OLD)
    assert rows(tmp_path) == [("shop", "2", "b", "seen")]


def test_each_change_of_what_is_live_is_kept(tmp_path: Path) -> None:
    look(tmp_path, LIVE, OLD)
    look(tmp_path, replace(LIVE, status="unknown"), replace(OLD, status="live"))
    look(tmp_path, LIVE, OLD)
    look(tmp_path, replace(LIVE, artifact="c"))
    assert [release for _, release, _, _ in rows(tmp_path)] == ["2", "1", "2", "2"]


def test_every_part_of_a_release_is_kept_and_only_those_that_changed(tmp_path: Path) -> None:
    look(tmp_path, replace(LIVE, artifacts={"web": "w1", "worker": "k1"}))
    look(tmp_path, replace(LIVE, artifacts={"web": "w2", "worker": "k1"}))
    assert [(app, artifact) for app, _, artifact, _ in rows(tmp_path)] == [
        ("web", "w1"),
        ("worker", "k1"),
        ("web", "w2"),
    ]


def test_a_verdict_that_is_recorded_needs_no_sighting_beside_it(tmp_path: Path) -> None:
    look(tmp_path, LIVE, sighted=False)
    assert rows(tmp_path) == []


def test_a_history_without_a_live_release_is_no_sighting(tmp_path: Path) -> None:
    look(tmp_path, OLD)
    assert rows(tmp_path) == []


def test_a_disk_that_cannot_be_written_hinders_nobody() -> None:
    with unwritable() as project:
        assert look(project, LIVE, OLD).targets[0].releases == (LIVE, OLD)


def test_a_sighting_proves_a_deploy_that_looked_unfinished(tmp_path: Path) -> None:
    half = replace(
        OLD,
        status="failed",
        skip="unfinished",
        skip_reason="half",
        guess=True,
        doubt="half",
        unproven=True,
    )
    assert laid_over(tmp_path, half).skip == "unfinished"
    record(tmp_path, "seen")
    known = laid_over(tmp_path, half)
    assert (known.skip, known.skip_reason, known.status) == (None, "", "superseded")
    assert not (known.guess or known.doubt or known.unproven)


def test_a_sighting_is_no_verdict(tmp_path: Path) -> None:
    record(tmp_path, "seen")
    assert laid_over(tmp_path, OLD).status == "unknown"
    record(tmp_path, "failed")
    record(tmp_path, "seen")
    assert laid_over(tmp_path, OLD).status == "failed"
    choice = choose.choose(
        [LIVE, laid_over(tmp_path, replace(OLD, status="superseded"))], "previous"
    )
    assert [one.code for one in choice.skipped] == ["failed"]


@pytest.mark.parametrize("verdict", ["good", "failed", "rolled-back-from"])
def test_a_verdict_proves_that_it_was_live_too(tmp_path: Path, verdict: str) -> None:
    record(tmp_path, verdict)
    known = laid_over(tmp_path, replace(OLD, status="failed", skip="unfinished"))
    assert (known.skip, known.status) == (None, verdict)


def test_other_reasons_to_skip_stay(tmp_path: Path) -> None:
    record(tmp_path, "seen")
    assert laid_over(tmp_path, replace(OLD, skip="artifact-gone")).skip == "artifact-gone"


def test_other_content_under_the_same_id_was_not_seen(tmp_path: Path) -> None:
    record(tmp_path, "seen")
    assert (
        laid_over(tmp_path, replace(OLD, artifact="other", skip="unfinished")).skip == "unfinished"
    )


def test_a_part_that_was_seen_says_nothing_of_the_others(tmp_path: Path) -> None:
    guess = replace(OLD, artifacts={"web": "a", "worker": "k"}, guess=True)
    record(tmp_path, "seen", app="web")
    assert laid_over(tmp_path, guess).guess
    record(tmp_path, "seen", replace(OLD, artifact="k"), app="worker")
    assert not laid_over(tmp_path, guess).guess


def test_where_a_platform_tells_no_time_the_sighting_does(tmp_path: Path) -> None:
    record(tmp_path, "seen")
    assert laid_over(tmp_path, OLD).description == "seen live 2026-11-20T00:00:00Z"
    assert laid_over(tmp_path, replace(OLD, deployed_at="2026-11-19T00:00:00Z")).description == ""
    assert laid_over(tmp_path, replace(OLD, description="branch main")).description == "branch main"


def test_what_a_platform_says_of_its_whole_history_stands_in_every_plan(tmp_path: Path) -> None:
    doubt = Finding("warning", "log-not-understood", "x")
    found = look(tmp_path, replace(LIVE, findings=(doubt,)), OLD)
    assert found.findings == [doubt]


def test_history_and_plan_leave_a_sighting_that_git_does_not_show(shop: Shop) -> None:
    shop.settings(restart=["true"])
    history.remembered(selections.of(sites.find(shop.project, "staging"), ()))
    assert shop.ledger() == [(NOW, "seen")]
    excluded = (shop.project / ".git" / "info" / "exclude").read_text()
    assert "/.claude/deployment-rollback/" in excluded
    shop.plan()
    assert shop.ledger() == [(NOW, "seen")]
    assert status.status(shop.project)["state"] == "new"


def intentions(shop: Shop, *names: str) -> None:
    """Deployer's log in the place of Capistrano's; the first two are whole."""
    (shop.project / "revisions.log").unlink()
    (shop.project / ".dep").mkdir()
    lines = [
        json.dumps({"created_at": f"2026-11-2{at}T09:00:00+0000", "release_name": name})
        for at, name in enumerate(names)
    ]
    (shop.project / ".dep" / "releases_log").write_text("\n".join(lines) + "\n")


def serve(shop: Shop, name: str) -> None:
    (shop.project / "current").unlink()
    os.symlink(f"releases/{name}", shop.project / "current")


def contents(shop: Shop, names: Sequence[str], *files: str) -> None:
    for name in names:
        for file in files:
            (shop.project / "releases" / name / file).parent.mkdir(exist_ok=True)
            (shop.project / "releases" / name / file).touch()


def test_half_a_release_is_asked_about_until_it_was_seen_live(shop: Shop) -> None:
    """A build that leaves a folder of its own: what lacks it may be half a release."""
    intentions(shop, "20260101000000", LAST, NOW)
    contents(shop, ("20260101000000", NOW), "dist/app.js")
    planned = plans.make(plans.Request(shop.project, "staging"))
    assert (planned.plan.verdict, planned.run) == ("choose", None)
    assert {"choose", "finish-not-proven"} <= {finding.code for finding in planned.plan.findings}
    serve(shop, LAST)
    history.remembered(selections.of(sites.find(shop.project, "staging"), ()), again=True)
    serve(shop, NOW)
    to = shop.plan().moves[0].to
    assert (to.id, to.status) == (LAST, "superseded")


def test_half_a_release_can_be_named(shop: Shop) -> None:
    intentions(shop, "20260101000000", LAST, NOW)
    contents(shop, ("20260101000000", NOW), "dist/app.js")
    plan = shop.plan(wanted=LAST)
    assert plan.verdict == "ready"
    assert "finish-not-proven" in {finding.code for finding in plan.findings}


RAN = {"web": "reg/shop@sha256:" + "a" * 64}


def test_what_a_live_release_runs_is_kept_and_known_later(tmp_path: Path) -> None:
    look(tmp_path, replace(OLD, status="live", digests=RAN))
    assert [entry.digests for entry in ledger.read(tmp_path)] == [RAN]
    assert laid_over(tmp_path, OLD).digests == RAN


def test_other_bytes_under_the_same_tag_are_a_sighting_of_their_own(tmp_path: Path) -> None:
    other = {"web": "reg/shop@sha256:" + "b" * 64}
    for digests in (RAN, {}, other):  # none: no pod was ready
        look(tmp_path, replace(OLD, status="live", digests=digests))
    assert [entry.digests for entry in ledger.read(tmp_path)] == [RAN, other]
    assert laid_over(tmp_path, OLD).digests == other


def test_what_each_part_runs_is_kept_apart(tmp_path: Path) -> None:
    parts = replace(
        OLD,
        artifacts={"api": "1", "web": "2"},
        digests={"api/c": "x@sha256:1", "web/c": "y@sha256:2"},
    )
    look(tmp_path, replace(parts, status="live"))
    assert {entry.app: entry.digests for entry in ledger.read(tmp_path)} == {
        "api": {"c": "x@sha256:1"},
        "web": {"c": "y@sha256:2"},
    }
    assert laid_over(tmp_path, replace(parts, digests={})).digests == parts.digests
