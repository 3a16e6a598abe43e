"""A key opens one plan, once, right after its own question, and only where the hook that asks has run."""

import json
import subprocess
import sys

import pytest
from fake_model import SUB_AGENT
from world import QUICK

EXECUTE = [{"bash": "{next}"}, "done"]
BYPASS = "bypassPermissions"


def hidden(world, run, nonce, verb="execute"):
    """A call that the hook does not recognise, with a key."""
    return {"bash": f"s={verb}; python3 {world.skill}/scripts/$s.py {run} --approval {nonce}"}


def asked_key(seen):
    return seen.asked[0]["input"]["command"].split("--approval ")[1].split()[0]


def back_to(world, release):
    (world.project / "current").unlink()
    (world.project / "current").symlink_to(f"releases/{release}")


def test_a_used_key_opens_nothing(world):
    seen = world.run(EXECUTE, person="yes")
    assert (world.live, world.approvals) == ("2", [])
    back_to(world, 3)
    (world.runs[0] / "journal.jsonl").unlink()
    seen = world.run(
        [hidden(world, world.runs[0], asked_key(seen)), "done"],
        "/deployment-rollback status",
        mode=BYPASS,
    )
    assert world.live == "3", seen.results
    assert "not on file" in seen.results[0]


def test_a_key_that_was_answered_with_no_is_revoked_by_the_next_call(world):
    """It lies in the client's transcript, so it must be dead before any other command can start."""

    def no(question):
        steps[1]["bash"] = hidden(world, world.runs[0], asked_key_of(question))["bash"]
        return "no"

    def asked_key_of(question):
        return question["input"]["command"].split("--approval ")[1].split()[0]

    steps = [{"bash": "{next}"}, {"bash": ""}, "done"]
    seen = world.run(steps, person=no, mode=BYPASS)
    assert (world.live, world.started, world.approvals) == ("3", [], []), seen.results
    assert "not on file" in seen.results[1]


def test_it_is_revoked_also_when_the_session_has_moved_to_another_folder(world):
    elsewhere = world.project / "elsewhere"
    (elsewhere / ".git").mkdir(parents=True)
    (elsewhere / ".git/HEAD").write_text("ref: refs/heads/main\n")
    keys = []

    def no(question):
        keys.extend(world.approvals)
        return "no"

    world.run(
        [{"bash": "cd elsewhere"}, {"bash": "{next}"}, {"bash": "true"}, "done"],
        person=no,
        mode=BYPASS,
    )
    assert len(keys) == 1
    assert world.approvals == []


def test_the_persons_next_message_revokes_it_too(world):
    world.run(
        [{"bash": "{next}"}, "done", "done"],
        ["/deployment-rollback demo previous", "wait"],
        person="no",
    )
    assert world.approvals == []


def test_the_way_back_asks_again_and_says_so(world):
    world.run(EXECUTE, person="yes")
    refused = world.run(EXECUTE, "/deployment-rollback restore", person="no")
    assert world.live == "2"
    assert refused.asked[0]["decision_reason"].startswith("UNDO the rollback of demo")
    assert "project: 2 -> 3" in refused.asked[0]["decision_reason"]
    world.run(EXECUTE, "/deployment-rollback restore", person="yes")
    assert world.live == "3"


def test_a_key_opens_no_other_plan(world):
    def tries_it_elsewhere(question):
        key = question["input"]["command"].split("--approval ")[1].split()[0]
        command = [
            sys.executable,
            world.skill / "scripts/execute.py",
            world.runs[0],
            "--approval",
            key,
        ]
        environment = {"HOME": str(world.home), "PATH": "/usr/bin:/bin", "CLAUDECODE": "1"}
        tried.append(
            subprocess.run(
                command, cwd=world.project, env=environment, capture_output=True, text=True
            )
        )
        return "no"

    tried = []
    world.run(["planned"])
    world.run(EXECUTE, "/deployment-rollback demo 1", person=tries_it_elsewhere)
    assert (world.live, world.started, len(world.runs)) == ("3", [], 2)
    assert tried[0].returncode == 4 and "not on file for this plan" in tried[0].stderr


def test_a_plan_edited_while_the_question_is_open_is_not_run(world):
    def edits(question):
        script = world.runs[0] / "rollback.sh"
        script.write_text(script.read_text() + "\ntouch PWNED\n")
        return "yes"

    seen = world.run(EXECUTE, person=edits)
    assert (world.live, world.started) == ("3", []), seen.results
    assert "approv" in seen.results[0]


EDITS = [
    "sed -i s/2/1/g {run}/plan.json",
    # no word by which the hook would know it
    "echo 'touch PWNED' >> {run}/rollb*",
    "echo x > {run}/state/x",
]


def test_a_plan_edited_before_the_question_is_not_even_asked_about(world):
    steps = [step for edit in EDITS for step in ({"bash": edit}, *EXECUTE)]
    seen = world.run(steps, [QUICK] * len(EDITS), person="yes", mode=BYPASS)
    assert (world.live, world.started, len(world.runs)) == ("3", [], len(EDITS))
    assert not any("ROLL BACK" in str(one) for one in seen.asked)
    refused = ["changed after it was planned" in result for result in seen.results[1::2]]
    assert refused == [True] * len(EDITS), seen.results


def test_a_plan_of_another_session_is_not_asked_about(world):
    world.run(["planned"])
    run = world.runs[0]
    step = {"bash": f"python3 {world.skill}/scripts/execute.py {run}"}
    seen = world.run([step, "done"], "/deployment-rollback demo history", person="yes")
    assert world.live == "3"
    assert "was not shown that plan" in seen.results[0]
    assert world.run(EXECUTE, "/deployment-rollback status", person="yes").results
    assert world.live == "2"


def test_a_continued_session_has_no_hook_and_runs_nothing(world):
    world.run(["planned"])
    command = f"python3 {world.skill}/scripts/execute.py {world.runs[0]}"
    for mode in ("default", BYPASS):
        for person in ("nobody", "yes"):
            seen = world.run(
                [{"bash": command}, "done"],
                "go on",
                mode=mode,
                person=person,
                flags=("--continue",),
            )
            assert (world.live, world.started) == ("3", []), (mode, person, seen.results)


def test_after_continuing_the_skill_can_be_started_again(either):
    either.run(["planned"])
    seen = either.run(
        EXECUTE, "/deployment-rollback demo previous", person="yes", flags=("--continue",)
    )
    assert (either.live, len(seen.asked)) == ("2", 1), seen.results


@pytest.mark.parametrize(("mode", "person"), [("default", "nobody"), (BYPASS, "yes")])
def test_a_sub_agent_runs_nothing(either, mode, person):
    """The skill's hook does not reach it: its command is neither asked about by us nor given a key."""
    agent = {
        "tool": "Agent",
        "input": {
            "description": "x",
            "prompt": f"{SUB_AGENT} run it",
            "subagent_type": "general-purpose",
        },
    }
    seen = either.run(
        [agent, {"bash": "sleep 2"}, "done", "done"], mode=mode, person=person, sub_agent=EXECUTE
    )
    assert (either.live, either.started) == ("3", []), seen.results
    assert not any("ROLL BACK" in str(one) for one in seen.asked)
    refusals = ("own question can approve", "requires approval", "said no")
    assert [result for result in seen.results if any(refusal in result for refusal in refusals)], (
        seen.results
    )


@pytest.mark.parametrize("person", ["nobody", "yes"])
def test_with_hooks_switched_off_nothing_runs(either, person):
    (either.home / ".claude/settings.json").write_text(json.dumps({"disableAllHooks": True}))
    seen = either.run(EXECUTE, mode=BYPASS, person=person)
    assert (either.live, either.started) == ("3", [])
    assert "only the client's own question can approve this" in seen.results[0]


def test_what_no_hook_can_close_is_what_the_readme_says(world):
    """A process of the same account that hides where it comes from. The day this stops working the README has to say less."""
    command = f"python3 {world.skill}/scripts/$s.py {{run}} --force"
    hidden = f's=execute; env -i PATH=$PATH HOME=$HOME setsid -f script -qec "{command}" /dev/null'
    wait = "for i in $(seq 200); do [ $(readlink current) != releases/2 ] || break; sleep 0.1; done"
    world.run([{"bash": f"{hidden}; {wait}"}, "done"], mode=BYPASS)
    assert world.live == "2"
    readme = (world.skill / "README.md").read_text(encoding="utf-8")
    assert "fake a terminal with a cleaned environment" in readme
