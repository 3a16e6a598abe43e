"""The client's own sandbox: planning needs one settings line, and only the approved command runs outside."""

import json
import shutil

import pytest

FOLDER = "~/.local/state/deployment-rollback"
MODES = ["default", "acceptEdits"]
EXECUTE = [{"bash": "{next}"}, "done"]


@pytest.fixture
def sandboxed(world):
    if not (shutil.which("bwrap") and shutil.which("socat")):
        pytest.skip("bubblewrap or socat is not installed")
    return world


def settings(world, **sandbox):
    file = world.home / ".claude/settings.json"
    file.write_text(json.dumps({"sandbox": {"enabled": True, **sandbox}}))


def test_without_the_settings_line_the_error_names_it(sandboxed):
    settings(sandboxed)
    seen = sandboxed.run(EXECUTE, person="yes")
    assert (sandboxed.live, seen.requests) == ("3", [])
    assert "allowWrite" in seen.said and FOLDER in seen.said


@pytest.mark.parametrize("mode", MODES)
def test_with_it_the_rollback_runs_after_a_yes(sandboxed, mode):
    settings(sandboxed, filesystem={"allowWrite": [FOLDER]})
    (sandboxed.home / ".local/state/deployment-rollback").mkdir(parents=True)
    seen = sandboxed.run(EXECUTE, person="yes", mode=mode)
    assert sandboxed.live == "2", seen.results
    (asked,) = seen.asked
    assert asked["input"]["dangerouslyDisableSandbox"] is True


@pytest.mark.parametrize("mode", ["auto", "dontAsk", "plan"])
def test_where_the_client_lets_nothing_out_the_approved_command_is_refused(sandboxed, mode):
    """`auto` and `plan` need the model's own check to leave the sandbox, `dontAsk` never does."""
    settings(sandboxed, filesystem={"allowWrite": [FOLDER]})
    (sandboxed.home / ".local/state/deployment-rollback").mkdir(parents=True)
    seen = sandboxed.run(EXECUTE, person="yes", mode=mode)
    assert (sandboxed.live, sandboxed.started, sandboxed.approvals) == ("3", [], [])
    (result,) = seen.results
    assert "Exit code 4" in result and "sandbox" in result.partition("fix:")[2]


def test_other_commands_stay_inside(sandboxed):
    settings(sandboxed, filesystem={"allowWrite": [FOLDER]})
    (sandboxed.home / ".local/state/deployment-rollback").mkdir(parents=True)
    steps = [{"bash": "touch ~/outside"}, *EXECUTE]
    seen = sandboxed.run(steps, person="yes", mode="bypassPermissions")
    assert sandboxed.live == "2", seen.results
    assert seen.asked[-1]["input"]["dangerouslyDisableSandbox"] is True
    assert not (sandboxed.home / "outside").exists()
