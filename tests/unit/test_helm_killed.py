"""A rollback of ours that was killed is told from somebody who is deploying: by our own journal, the content, the time and the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import records
from helm_records import history, move, revision

from rollback.model import Command, Step
from rollback.platforms.helm import change
from rollback.platforms.helm.manifest import artifact
from rollback.platforms.helm.preflight import pending
from rollback.platforms.helm.preflight.pair import pair
from rollback.records import lock, run

START = "2020-11-20T03:00:00Z"  # the moment of revision 3
GOAL, LEFT = revision(1, "a"), revision(2, "b", status="deployed")
STUCK = revision(3, "a", "Rollback to 1", "pending-rollback")


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A project with a run that was closed after it had begun to roll release web back."""
    return begun(tmp_path)


def begun(
    project: Path, at: str = START, event: str = "start", script: str = "rollback", **target: Any
) -> Path:
    made = move(LEFT, GOAL)
    ends = (
        msgspec.structs.replace(made.current, artifact=artifact(made.target, LEFT.manifest)),
        made.to,
    )
    made = msgspec.structs.replace(
        made, target=msgspec.structs.replace(made.target, **target), current=ends[0]
    )
    made = msgspec.structs.replace(
        made, to=msgspec.structs.replace(made.to, artifact=artifact(made.target, GOAL.manifest))
    )
    folder = run.create(project)
    step = Step("helm.web", "Roll back", Command(("true",)))
    run.save_plan(folder, msgspec.structs.replace(records.plan(), moves=(made,), steps=(step,)))
    records.journal(
        folder,
        f"{script} helm.web start",
        *([f"{script} helm.web {event}"] if event != "start" else []),
    )
    file = folder / "journal.jsonl"
    file.write_text(
        "".join(
            f'{{"at": "{at}"{line[line.index(",") :]}\n' for line in file.read_text().splitlines()
        )
    )
    run.abandon(folder)
    return project


def ours(project: Path, stuck: Any = STUCK) -> bool:
    return "ours" in history(GOAL, LEFT, stuck, project=project)[0].facts


def test_what_our_own_killed_run_left_is_known_as_ours(killed: Path) -> None:
    found = history(GOAL, LEFT, STUCK, project=killed)
    assert found[0].facts["ours"] == run.folders(killed)[0].name
    both = pair(move(STUCK, GOAL))
    both.move.current.facts.update(ours=found[0].facts["ours"])
    (one,) = pending.findings(both)
    assert (one.level, one.code) == ("warning", "stuck") and found[0].facts["ours"] in one.message
    assert not change.skips_hooks(both.move), "no hook has failed"


@pytest.mark.parametrize("event", ["start", "failed"])
def test_a_helm_that_was_killed_alone_counts_too(tmp_path: Path, event: str) -> None:
    assert ours(begun(tmp_path, event=event))


def test_a_way_back_that_was_killed_counts_too(tmp_path: Path) -> None:
    assert ours(
        begun(tmp_path, script="restore"), revision(3, "b", "Rollback to 2", "pending-rollback")
    )


def test_without_such_a_run_it_is_somebody_elses(tmp_path: Path) -> None:
    assert not ours(tmp_path)


@pytest.mark.parametrize(
    "how",
    [
        {"event": "done"},
        {"at": "2020-11-20T02:50:00Z"},
        {"at": "2020-11-20T03:00:01Z"},
        {"app": "api"},
        {"where": "uid-other/shop"},
    ],
    ids=["it ended", "begun long before", "begun after it", "another release", "another cluster"],
)
def test_what_does_not_fit_is_not_ours(tmp_path: Path, how: dict[str, Any]) -> None:
    assert not ours(begun(tmp_path, **how))


@pytest.mark.parametrize(
    "other",
    [
        revision(3, "c", "Rollback to 1", "pending-rollback"),
        revision(3, "a", "Preparing upgrade", "pending-upgrade"),
    ],
    ids=["other content", "an upgrade"],
)
def test_another_change_of_the_same_time_is_not_ours(killed: Path, other: Any) -> None:
    assert not ours(killed, other)


def test_while_anything_holds_the_lock_nobody_is_called_dead(killed: Path) -> None:
    with lock.hold(killed, "somebody"):
        assert not ours(killed)
    assert ours(killed)
