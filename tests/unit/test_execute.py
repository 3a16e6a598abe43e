"""Execute and restore as one function with a verb: who may start it, what it hands the script, how it ends, what it writes down."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from shop import LAST, NOW, OLD, Shop, shop

from rollback import clock
from rollback.approval import approvals
from rollback.errors import ApprovalNeeded, Blocked, Drifted, Locked, Usage
from rollback.records import audit, lock
from rollback.records import run as runs
from rollback.script import render

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]


def change(shop: Shop, **fields: object) -> None:
    plan = replace(runs.load_plan(shop.run), **fields)
    runs.save_plan(shop.run, plan)
    render.scripts(plan, shop.run)


def test_an_approved_plan_is_done_and_told_per_target(shop: Shop) -> None:
    shop.plan()
    outcome = shop.execute()
    assert (outcome.outcome, outcome.exit, shop.live()) == ("done", 11, LAST)
    target = outcome.targets[0]
    assert (target.from_, target.to, target.now, target.state) == (
        NOW,
        LAST,
        LAST,
        "rolled-back",
    ) and LAST in target.proof
    assert "restore.py" in " ".join(outcome.open) and (shop.run / "summary.md").exists()
    assert shop.ledger() == [(NOW, "seen"), (NOW, "rolled-back-from")]


def test_and_taken_back(shop: Shop) -> None:
    shop.plan()
    shop.execute()
    outcome = shop.execute("restore")
    assert (outcome.outcome, outcome.targets[0].state, shop.live()) == ("restored", "restored", NOW)
    assert runs.state(shop.run) == "restored"


def test_executed_again_it_is_already_there(shop: Shop) -> None:
    shop.plan()
    shop.execute()
    outcome = shop.execute()
    assert (outcome.outcome, outcome.exit) == ("already", 0)


def test_the_audit_says_who_approved_what_and_every_step(shop: Shop) -> None:
    shop.plan()
    shop.execute(reason="checkout fails")
    lines = shop.audit()
    events = [line["event"] for line in lines]
    assert (
        events[0] == "plan"
        and events[1:3] == ["approval", "start"]
        and events[-1] == "end"
        and events.count("step") >= 2
    )
    assert (lines[1]["by"], lines[1]["reason"], lines[1]["digest"], lines[-1]["exit"]) == (
        "question",
        "checkout fails",
        shop.digest(),
        11,
    )
    assert audit.verify(shop.project)["damaged"] == []


@pytest.mark.parametrize("verdict", ["blocked", "dry-run"])
def test_a_plan_that_is_not_ready_is_refused(shop: Shop, verdict: str) -> None:
    shop.plan()
    change(shop, verdict=verdict)
    shop.refused(Blocked, f"plan-{verdict}")


def test_an_expired_plan_is_refused(shop: Shop) -> None:
    shop.plan()
    change(shop, expires_at=clock.now(-1))
    shop.refused(Drifted, "plan-expired")


def test_a_changed_world_is_refused(shop: Shop) -> None:
    shop.plan()
    (shop.project / "current").unlink()
    (shop.project / "current").symlink_to(f"releases/{OLD}")
    with pytest.raises(Drifted):
        shop.execute()
    assert shop.live() == OLD and not runs.started(shop.run)
    assert shop.audit()[-1]["outcome"] == "refused"


@pytest.mark.parametrize("name", ["plan.json", "rollback.sh", "restore.sh", "state/extra"])
def test_what_was_changed_after_the_question_is_refused(shop: Shop, name: str) -> None:
    shop.plan()
    nonce = approvals.mint(shop.project, shop.digest(), "execute")
    with open(shop.run / name, "a") as file:
        file.write("\n")
    from rollback.flow import execute

    with pytest.raises(ApprovalNeeded):
        execute.run(
            execute.Request(shop.project, "execute", str(shop.run), nonce), shop.told.append
        )
    assert shop.untouched()


def test_a_nonce_is_used_up_and_the_others_are_revoked(shop: Shop) -> None:
    shop.plan()
    other = approvals.mint(shop.project, shop.digest(), "restore")
    shop.execute()
    with pytest.raises(ApprovalNeeded):
        approvals.verify(shop.project, other, shop.digest(), "restore")


def test_the_bytes_that_run_are_the_bytes_that_were_hashed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that is swapped between the hash and the start neither runs nor lets the other one run."""
    shop.plan()
    from rollback.script import launch

    real = launch.run

    def swap_first(content: bytes, *more: object) -> launch.Ending:
        (shop.run / "rollback.sh").write_text(f"touch {shop.root}/PWNED\n")
        return real(content, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(launch, "run", swap_first)
    with pytest.raises(ApprovalNeeded):
        shop.execute()
    assert not (shop.root / "PWNED").exists() and shop.untouched()


def test_the_script_gets_a_listed_environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = shop.root / "hook"
    hook.write_text(f"touch {shop.root}/PWNED\n")
    for name in ("BASH_ENV", "ENV", "LD_PRELOAD", "PYTHONPATH", "SECRET", "DOCKER_HOST"):
        monkeypatch.setenv(name, str(hook))
    from rollback.script import launch

    seen = launch.environment(["WANTED"])
    assert not {"BASH_ENV", "ENV", "LD_PRELOAD", "PYTHONPATH", "SECRET"} & set(seen) and seen[
        "DOCKER_HOST"
    ] == str(hook)
    shop.plan()
    shop.execute()
    assert not (shop.root / "PWNED").exists() and shop.live() == LAST


def test_a_held_lock_stops_it(shop: Shop) -> None:
    shop.plan()
    with lock.hold(shop.project, "ana, execute of run x"):
        error = shop.refused(Locked, "locked")
    assert "ana" in error.message


def test_a_run_of_another_project_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.plan()
    from rollback.flow import execute

    with pytest.raises(Usage):
        execute.run(execute.Request(tmp_path, "execute", str(shop.run), "x"), shop.told.append)
