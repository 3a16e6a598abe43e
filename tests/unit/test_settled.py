"""A run that has arrived is said to have: before anybody is asked, and only after a look at what serves now."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from shop import LAST, NOW, OLD, Shop, shop

from rollback.approval import approvals, shown
from rollback.errors import ApprovalNeeded, Drifted, Locked, Unreadable
from rollback.flow import job, read_back
from rollback.model import Outcome
from rollback.records import run as runs

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]


@pytest.fixture
def restored(shop: Shop) -> Shop:
    planned(shop)
    shop.execute()
    shop.execute("restore")
    return shop


def planned(shop: Shop) -> None:
    """As plan.py leaves it: with the digest on record."""
    shop.plan()
    shown.remember(shop.project, shop.run, shop.digest(), "")


def link(shop: Shop, release: str) -> None:
    (shop.project / "current").unlink()
    (shop.project / "current").symlink_to(f"releases/{release}")


def again(shop: Shop, verb: str = "restore") -> Outcome:
    return shop.execute(verb, approved=False)


def asked(shop: Shop, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [*shop.argv("plan")[:2], *words]
    return subprocess.run(
        argv, cwd=shop.project, env=shop.environment(), capture_output=True, text=True, check=False
    )


def test_a_second_restore_says_so_without_a_question_and_leaves_no_trace(restored: Shop) -> None:
    before = (runs.journal(restored.run), restored.audit())
    told = again(restored)
    assert (told.outcome, told.exit, restored.live()) == ("already", 0, NOW)
    assert (told.targets[0].state, told.targets[0].now) == ("restored", NOW)
    assert (runs.journal(restored.run), restored.audit()) == before


def test_by_hand_it_needs_no_terminal(restored: Shop) -> None:
    done = subprocess.run(
        restored.argv("restore"),
        env=restored.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("already restored (exit 0)")


def test_what_it_brought_back_still_fails_is_told_and_is_no_new_failure(restored: Shop) -> None:
    restored.settings(health=[{"url": "http://127.0.0.1:9/", "attempts": 1, "timeout": 1}])
    told = again(restored)
    assert (told.outcome, told.exit, told.health.verdict) == ("already", 0, "unhealthy")


def test_plan_restore_does_not_adopt_a_run_that_was_never_planned_here(shop: Shop) -> None:
    shop.plan()
    shop.execute()
    for words in (("staging", "restore"), ("staging", "status")):
        assert asked(shop, *words).returncode == 0
        assert shown.digest_of(shop.project, shop.run) is None


def test_plan_restore_says_so_too(restored: Shop) -> None:
    done = asked(restored, "staging", "restore")
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0]) == (
        0,
        "restore: already restored - staging on release-folders",
    )
    assert lines[1] == f"shop: {NOW} is live" and "next:" not in done.stdout
    facts = json.loads(asked(restored, "staging", "restore", "--json").stdout)
    assert facts == {"run": str(restored.run), "outcome": "already", "next": None}


def test_somebody_who_deployed_since_is_told_instead(restored: Shop) -> None:
    link(restored, OLD)
    with pytest.raises(Drifted) as told:
        again(restored)
    assert told.value.code == "drifted" and OLD in told.value.message and told.value.fix
    done = asked(restored, "staging", "restore", "--json")
    assert done.returncode == 10 and json.loads(done.stdout)["error"]["exit"] == 10


def test_somebody_who_rolled_back_again_is_asked_as_ever(
    restored: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(restored, LAST)
    refuse_terminals(monkeypatch)
    with pytest.raises(ApprovalNeeded):
        again(restored)
    assert "next: python3" in asked(restored, "staging", "restore").stdout


def test_a_platform_that_does_not_answer_is_no_good_news(
    restored: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(job: job.Job) -> list[read_back.Row]:
        return [
            read_back.Row("unreadable", guard, at, line.move, "")
            for guard in job.plan.guards
            for at, line in enumerate(guard.lines)
        ]

    monkeypatch.setattr(read_back, "rows", silent)
    with pytest.raises(Unreadable) as told:
        again(restored)
    assert told.value.exit_code == 12


@pytest.mark.parametrize("lost", [0, -1])
def test_an_answer_that_lacks_a_line_settles_nothing(
    restored: Shop, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    read = read_back.rows

    def short(job: job.Job) -> list[read_back.Row]:
        rows = read(job)
        del rows[lost]
        return rows

    monkeypatch.setattr(read_back, "rows", short)
    refuse_terminals(monkeypatch)
    with pytest.raises(ApprovalNeeded):
        again(restored)


def test_the_identity_of_the_place_has_to_be_the_same(restored: Shop) -> None:
    """Another release under the same name is not what the restore left."""
    (restored.project / "releases" / NOW / "REVISION").write_text("something else\n")
    with pytest.raises(Drifted):
        again(restored)


def test_a_script_that_was_edited_is_not_even_asked(
    restored: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = restored.run / "restore.sh"
    script.write_text(f"touch {restored.root}/PWNED\n{script.read_text()}")
    refuse_terminals(monkeypatch)
    with pytest.raises(ApprovalNeeded):
        again(restored)
    assert not (restored.root / "PWNED").exists()


def test_a_restore_by_its_script_alone_is_written_down_and_said(shop: Shop) -> None:
    planned(shop)
    shop.execute()
    key = approvals.mint(shop.project, shop.digest(), "restore")
    argv = ["bash", str(shop.run / "restore.sh")]
    subprocess.run(argv, env={**os.environ, "ROLLBACK_NONCE": key}, check=True, capture_output=True)
    assert again(shop).outcome == "already"
    assert json.loads((shop.run / "outcome.json").read_text())["outcome"] == "restored"


def test_a_run_that_is_done_is_not_asked_about_again(shop: Shop) -> None:
    planned(shop)
    shop.execute()
    told = again(shop, "execute")
    assert (told.outcome, told.exit, shop.live()) == ("already", 0, LAST)


def test_a_new_plan_is_always_asked_about(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(shop)
    link(shop, LAST)
    refuse_terminals(monkeypatch)
    with pytest.raises(ApprovalNeeded):
        again(shop, "execute")


def test_while_another_run_is_at_work_nothing_is_said(restored: Shop) -> None:
    from rollback.records import lock

    with lock.hold(restored.project, "ana, execute of run x"), pytest.raises(Locked):
        again(restored)


def refuse_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(text: str, question: str) -> str:
        raise ApprovalNeeded("no-terminal", "no terminal", "run it in one")

    monkeypatch.setattr("rollback.approval.terminal.ask", none)
