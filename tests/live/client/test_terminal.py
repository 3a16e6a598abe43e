"""At the terminal, in the mode in which it starts: a person reads what will happen, types the phrase, and says Yes or No."""

import pytest
import terminal
from world import make

STEPS = ["The plan is told.", {"bash": "{next}"}, "That was all."]
QUESTION = "Do you want to proceed?"
DECIDING = (
    "ROLL BACK production",
    "project: 3 -> 2",
    "database: not touched",
    "downtime: ",
    "undo: ",
    "health now: ",
)


@pytest.mark.parametrize(
    ("which", "key", "live"),
    [("current", "Enter", "2"), ("current", "Escape", "3"), ("older", "Enter", "2")],
)
def test_the_question_shows_what_decides_and_only_yes_runs_it(
    tmp_path, installed, which, key, live
):
    world = make(tmp_path, installed, which)
    with terminal.opened(world, STEPS) as client:
        client.type("/deployment-rollback production previous", "The plan is told.")
        screen = client.type("ROLLBACK PRODUCTION: it is down", QUESTION)
        assert [fact for fact in DECIDING if fact not in screen] == [], screen
        assert (world.live, world.started) == ("3", [])
        client.press_until_gone(key, QUESTION)
        if key == "Escape":
            client.type("go on", "That was all.")
        client.wait_for("That was all.")
    assert (world.live, world.approvals) == (live, [])
