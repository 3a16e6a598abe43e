"""A step that nobody can take back is done only for a release that a person named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from shop import LAST, NOW, Shop, shop

from rollback.commands import plan as ask
from rollback.commands.plan_options import Call
from rollback.errors import Blocked
from rollback.flow import plan, result
from rollback.flow.job import Job, Request
from rollback.model import HealthReport, Move, Plan, Step, TargetResult
from rollback.platforms import release_folders
from rollback.script.launch import Ending

__all__ = ["shop"]
pytestmark = pytest.mark.programs


@pytest.fixture
def final(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    steps = release_folders.steps
    monkeypatch.setattr(
        release_folders,
        "steps",
        lambda moves: [replace(step, undo=None, irreversible=True) for step in steps(moves)],
    )
    return shop


def planned(shop: Shop, wanted: str) -> Plan:
    return plan.make(plan.Request(shop.project, "staging", wanted)).plan


def test_previous_is_refused_and_names_the_step(final: Shop) -> None:
    made = planned(final, "previous")
    (blocker,) = [finding for finding in made.findings if finding.level == "blocker"]
    assert (made.verdict, blocker.code) == ("blocked", "irreversible")
    assert f"Switch …/shop to {LAST}" in blocker.message and "name the target release" in (
        blocker.fix or ""
    )


def test_a_release_named_goes_through(final: Shop) -> None:
    made = planned(final, LAST)
    assert made.verdict == "ready" and made.steps[0].irreversible


def test_what_can_be_taken_back_needs_no_name(shop: Shop) -> None:
    assert planned(shop, "previous").verdict == "ready"


def test_after_it_nothing_names_a_way_back_that_is_none(final: Shop) -> None:
    final.plan(wanted=LAST)
    told = final.execute()
    assert (told.exit, final.live(), "restore.py does not undo" in " ".join(told.open)) == (
        11,
        LAST,
        True,
    )
    with pytest.raises(Blocked) as refused:
        final.execute("restore", approved=False)
    assert (refused.value.code, final.live()) == ("no-way-back", LAST)
    summary = (final.run / "summary.md").read_text()
    assert "scripts/restore.py" not in summary and "restore.py does not undo" in summary


def test_who_asks_for_the_way_back_gets_no_command_that_does_nothing(final: Shop) -> None:
    final.plan(wanted=LAST)
    final.execute()
    answer = ask.answer(Call(plan.Request(final.project), ("staging", "restore")))
    assert answer.facts["next"] is None and not any("restore.py " in line for line in answer.lines)


def test_what_is_taken_back_in_part_still_names_its_command(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch can be taken back, the line in the log cannot; a restore that stopped goes on."""
    steps = release_folders.steps

    def last_for_good(moves: list[Move]) -> list[Step]:
        *before, last = steps(moves)
        return [*before, replace(last, moves=(), irreversible=True, undo=None)]

    monkeypatch.setattr(release_folders, "steps", last_for_good)
    shop.plan(wanted=LAST)
    told = shop.execute()
    assert any("scripts/restore.py" in one for one in told.open) and any(
        "does not undo" in one for one in told.open
    )
    assert shop.execute("restore").targets[0].state == "restored"


def test_a_restore_that_has_left_only_what_is_final_is_not_to_be_run_again(shop: Shop) -> None:
    """Two applications: one is back, of the other nothing can be taken back."""
    made = shop.plan(wanted=LAST)
    (move, step) = made.moves[0], made.steps[0]
    other = replace(move, id="app.other")
    final = replace(step, id="app.other.switch", moves=(other.id,), irreversible=True, undo=None)
    component = replace(made.components[0], moves=(move, other), steps=(step, final))
    both = replace(made, components=(component,))
    one = Job(Request(shop.project, "restore"), shop.run, both, {}, "", None, 0, False)

    def told(first: str) -> str:
        targets = [
            TargetResult("app", "a", LAST, NOW, None, first, ""),
            TargetResult("app", "b", LAST, NOW, LAST, "unchanged", ""),
        ]  # type: ignore[arg-type]
        return result.outcome(one, Ending(0), targets, HealthReport("unknown")).next or ""

    assert told("restored") == "" and "restore.py" in told("failed")
