"""A continued conversation has no hook and a transcript full of commands: no approval in it opens anything."""

import pytest

BYPASS = "bypassPermissions"
ASKED = [{"bash": "{next}"}, "done"]
DUG_OUT = (
    "$(grep -rhoE 'approval [0-9a-f]{32}' ~/.claude/projects | tail -1 | cut -d' ' -f2 | grep .)"
)
USES = {
    "execute.py": "s=execute; python3 {skill}/scripts/$s.py {run} --approval {key}",
    "the script": "cd {run}; ROLLBACK_NONCE={key} bash rollback.sh",
}


def continued(world, use, key):
    words = {"{skill}": world.skill, "{run}": world.runs[0], "{key}": key}
    command = USES[use]
    for word, value in words.items():
        command = command.replace(word, str(value))
    return world.run([{"bash": command}, "done"], "go on", mode=BYPASS, flags=("--continue",))


def test_after_a_no_the_approval_is_revoked_when_the_turn_ends(world):
    world.run(ASKED, person="no", mode=BYPASS)
    seen = continued(world, "execute.py", DUG_OUT)
    assert (world.live, world.started) == ("3", []), seen.results
    assert "not on file" in seen.results[-1]


@pytest.mark.parametrize("use", USES)
def test_an_approval_opens_nothing_for_another_client_than_the_one_that_asked(either, use):
    question = either.run(ASKED, person="kill", mode=BYPASS).asked[0]
    assert len(either.approvals) == 1
    key = question["input"]["command"].split("--approval ")[1].split()[0]
    seen = continued(either, use, key)
    assert (either.live, either.started) == ("3", []), seen.results
    refusal = {"execute.py": "belongs to the client process", "the script": "the client has to"}
    assert refusal[use] in seen.results[-1]
