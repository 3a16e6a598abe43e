"""A killed run of this project is told apart from someone who is deploying: by its journal, the content, the time and the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import records
from helm_records import history, move, of_facts, revision

from rollback.model import Command, Component, Step
from rollback.platforms.helm.manifest import artifact
from rollback.platforms.helm.moves import skips_hooks
from rollback.platforms.helm.preflight import pending
from rollback.platforms.helm.preflight.comparison import compare
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
    step = Step("app.web.rollback", "Roll back", Command(("true",)), moves=(made.id,))
    component = Component("app", "platforms/helm", moves=(made,), steps=(step,))
    run.save_plan(folder, msgspec.structs.replace(records.plan(), components=(component,)))
    records.journal(
        folder,
        f"{script} app.web.rollback start",
        *([f"{script} app.web.rollback {event}"] if event != "start" else []),
    )
    file = folder / "journal.jsonl"
    file.write_text(
        "".join(
            f'{{"at": "{at}"{line[line.index(",") :]}\n' for line in file.read_text().splitlines()
        )
    )
    run.abandon(folder)
    return project


def is_known(project: Path, stuck: Any = STUCK) -> bool:
    return bool(history(GOAL, LEFT, stuck, project=project)[0].facts.killed_run)


def test_killed_run_is_named(killed: Path) -> None:
    facts = history(GOAL, LEFT, STUCK, project=killed)[0].facts
    assert facts.killed_run == run.folders(killed)[0].name
    stuck = of_facts(facts, GOAL)
    (finding,) = pending.findings(compare(stuck))
    assert (finding.level, finding.code) == ("warning", "stuck")
    assert facts.killed_run in finding.message
    assert not skips_hooks(stuck), "no hook has failed"


@pytest.mark.parametrize("event", ["start", "failed"])
def test_killed_helm_counts_too(tmp_path: Path, event: str) -> None:
    assert is_known(begun(tmp_path, event=event))


def test_killed_restore_counts_too(tmp_path: Path) -> None:
    assert is_known(
        begun(tmp_path, script="restore"), revision(3, "b", "Rollback to 2", "pending-rollback")
    )


def test_without_such_a_run_someone_else_is_deploying(tmp_path: Path) -> None:
    assert not is_known(tmp_path)


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
def test_run_that_does_not_fit_is_not_taken_for_it(tmp_path: Path, how: dict[str, Any]) -> None:
    assert not is_known(begun(tmp_path, **how))


@pytest.mark.parametrize(
    "other",
    [
        revision(3, "c", "Rollback to 1", "pending-rollback"),
        revision(3, "a", "Preparing upgrade", "pending-upgrade"),
    ],
    ids=["other content", "an upgrade"],
)
def test_another_change_at_the_same_time_is_someone_elses(killed: Path, other: Any) -> None:
    assert not is_known(killed, other)


def test_no_run_is_called_dead_while_the_lock_is_held(killed: Path) -> None:
    with lock.hold(killed, "somebody"):
        assert not is_known(killed)
    assert is_known(killed)
