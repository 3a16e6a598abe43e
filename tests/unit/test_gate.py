"""The hook's answers: ask about exactly one form of command, deny whatever else names us, and nothing about the rest."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
import records

from rollback.approval import approvals, hook, private, shown
from rollback.errors import ApprovalNeeded
from rollback.records import run

SCRIPTS = Path(__file__).parents[2] / "scripts"
SESSION = "a-session"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ready plan that this session was shown."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project = tmp_path / "it's a shop"
    (project / ".git").mkdir(parents=True)
    (project / ".git/HEAD").write_text("ref: refs/heads/main\n")
    return planned(project)


def planned(project: Path, session: str = SESSION, without: str = "", **changes: object) -> Path:
    """A run folder; `without` names the verb that it has no question for."""
    made = records.planned(
        project, **{key: value for key, value in changes.items() if key in ("verdict", "valid")}
    )
    plan = json.loads((made / "plan.json").read_text()) | {
        key: value for key, value in changes.items() if key not in ("verdict", "valid")
    }
    (made / "plan.json").write_text(json.dumps(plan))
    for name in ("rollback.sh", "restore.sh", "runner.sh"):
        (made / name).write_text("true\n")
    for verb, name in approvals.QUESTIONS.items():
        (made / name).write_text(f"{verb} it?" if verb not in without else "")
    shown.remember(project, made, approvals.digest(made), session)
    return made


def event(command: str, here: Path, **more: object) -> dict[str, object]:
    return {
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "cwd": str(here),
        "session_id": SESSION,
        **more,
    }


def answer(command: str, here: Path, **more: object) -> dict[str, object]:
    given = hook.before_tool(event(command, here, **more))
    return given["hookSpecificOutput"] if given else {"permissionDecision": None}


def call(folder: Path, verb: str = "execute") -> str:
    return shlex.join(["python3", str(SCRIPTS / f"{verb}.py"), str(folder)])


def keys(folder: Path) -> list[Path]:
    return list((private.state_folder(folder.parent) / "approvals").glob("*"))


def test_the_exact_form_is_asked_about_and_gets_a_key_and_the_time_it_needs(folder):
    told = answer(
        call(folder),
        folder.parent,
        tool_input={"command": call(folder), "run_in_background": True, "description": "x"},
    )
    words = shlex.split(told["updatedInput"]["command"])
    assert (told["permissionDecision"], told["permissionDecisionReason"]) == ("ask", "execute it?")
    assert words[:4] == ["python3", str(SCRIPTS / "execute.py"), str(folder), "--approval"]
    assert words[5:] == ["--deadline", "540"]
    assert (
        told["updatedInput"]["timeout"] == 600000
        and "run_in_background" not in told["updatedInput"]
    )
    approvals.verify(folder.parent, words[4], approvals.digest(folder), "execute")


FORMS = [
    "python3 {quoted} {run}",
    "  python3   {script}   {run}  \n",
    "python3 {odd} {run}",
    "python3 {script} {run}/",
    "python3 {script} ./{name}",
]


@pytest.mark.parametrize("form", FORMS)
def test_quotes_spaces_and_relative_folders_are_the_same_form(folder, form):
    script = str(SCRIPTS / "execute.py")
    odd = script.replace("execute", "exec''ute")
    words = {
        "quoted": f'"{script}"',
        "script": script,
        "odd": odd,
        "run": shlex.quote(str(folder)),
        "name": folder.name,
    }
    assert answer(form.format(**words), folder.parent)["permissionDecision"] == "ask"


OTHER = [
    "{call} --force", "{call}; true", "true && {call}", "{call} &", "{call} | cat", "{call}\ntrue", "FOO=1 {call}", "env {call}", "bash -c '{call}'",
    "python3 -u {tail}", "/usr/bin/python3 {tail}", "cat {run}/rollback.sh", "bash {run}/restore.sh", "python3 x/approve.py", "ls {state}",
    "ls {base}", "export ROLLBACK_NONCE=1", "cat exe''cute.py", "cat re\\store.py", "python3 /elsewhere/execute.py {run}",
    "python3 $X/execute.py {run}", "sed -i s/3/2/ {run}/question.execute.txt", "rm {run}/question.restore'.'txt", "bash {run}/runner.sh",
    "cd {run} && . ./runner.sh", "cd {run} && . ./lease.sh", "cp x {run}/lease.sh", "R={run}; source $R/run\"ner.sh\"",
]  # fmt: skip


@pytest.mark.parametrize("form", OTHER)
def test_whatever_else_names_us_is_denied_with_the_exact_form(folder, form):
    state = private.state_folder(folder.parent)
    words = {
        "call": call(folder),
        "tail": call(folder)[8:],
        "run": shlex.quote(str(folder)),
        "state": state,
        "base": state.parent,
    }
    told = answer(form.format(**words), folder.parent)
    assert told["permissionDecision"] == "deny"
    assert f"python3 {SCRIPTS}/execute.py RUN-FOLDER" in told["permissionDecisionReason"]
    assert keys(folder) == []


def test_the_runner_is_ours_inside_a_run_folder_and_nobodys_elsewhere(folder):
    assert answer(". ./runner.sh", folder)["permissionDecision"] == "deny"
    assert answer(". ./runner.sh", folder / "state")["permissionDecision"] == "deny"
    assert answer(". ./lease.sh", folder)["permissionDecision"] == "deny"
    for command in ("bash ci/runner.sh", "bash lease.sh", f"ls {folder}"):
        assert answer(command, folder.parent)["permissionDecision"] is None


@pytest.mark.parametrize(
    "command",
    [
        "ls",
        "git status",
        "python3 manage.py test",
        "npm run rollback",
        "",
        "echo restore",
        "python3 'unclosed",
    ],
)
def test_about_everything_else_nothing_is_said(folder, command):
    assert hook.before_tool(event(command, folder.parent)) is None


def test_every_call_first_revokes_what_is_outstanding(folder):
    answer(call(folder), folder.parent)
    assert len(keys(folder)) == 1
    hook.before_tool(event("ls", folder.parent.parent))
    assert keys(folder) == []


def test_the_end_of_a_turn_revokes_what_is_outstanding(folder):
    answer(call(folder), folder.parent)
    hook.turn_ended({"cwd": str(folder.parent.parent), "session_id": SESSION})
    assert keys(folder) == []


@pytest.mark.parametrize(("changes", "why"), [
    ({"verdict": "blocked"}, "this plan is blocked"), ({"verdict": "dry-run"}, "this plan is dry-run"), ({"valid": -1}, "has expired"),
    ({"created_at": "2999-01-01T00:00:00Z", "expires_at": "2999-01-01T01:00:00Z"}, "clock was set back"),
    ({"session": "another"}, "was not shown that plan"), ({"session": ""}, "was not shown that plan"),
    ({"protected": True}, "type exactly ROLLBACK PRODUCTION"),
])  # fmt: skip
def test_what_may_not_run_is_not_asked_about(folder, changes, why):
    other = planned(folder.parent, **changes)
    told = answer(call(other), other.parent)
    assert (told["permissionDecision"], keys(other)) == ("deny", [])
    assert why in told["permissionDecisionReason"]


@pytest.mark.parametrize("name", [*approvals.COVERED, "state/more"])
def test_a_plan_that_was_changed_since_is_not_asked_about(folder, name):
    (folder / "state").mkdir(exist_ok=True)
    with open(folder / name, "a") as file:
        file.write(" ")
    assert (
        "changed after it was planned"
        in answer(call(folder), folder.parent)["permissionDecisionReason"]
    )


def test_a_library_of_its_scripts_is_part_of_the_plan(folder):
    other = folder.with_name(".rollback-checkpoint-20990101-000000")
    folder.rename(other)
    with open(other / "rollback.sh", "a") as script:
        script.write("\nlibrary lease.sh\n")
    (other / "lease.sh").write_text("take_leases() { :; }\n")
    shown.remember(other.parent, other, approvals.digest(other), SESSION)
    assert answer(call(other), other.parent)["permissionDecision"] == "ask"
    with open(other / "lease.sh", "a") as file:
        file.write(" ")
    told = answer(call(other), other.parent)
    assert "changed after it was planned" in told["permissionDecisionReason"]
    (other / "lease.sh").unlink()
    told = answer(call(other), other.parent)
    assert (told["permissionDecision"], keys(other)) == ("deny", [])
    assert "lease.sh cannot be read" in told["permissionDecisionReason"]


def test_a_folder_that_only_looks_like_a_run_is_refused(folder):
    link = folder.with_name(".rollback-checkpoint-20990101-000000")
    link.symlink_to(folder)
    for other in (link, folder.parent, folder.with_name("x")):
        assert (
            "is not a run folder" in answer(call(other), folder.parent)["permissionDecisionReason"]
        )


def test_a_restore_is_asked_about_only_when_something_was_begun_and_never_expires(folder):
    assert (
        "never started"
        in answer(call(folder, "restore"), folder.parent)["permissionDecisionReason"]
    )
    old = planned(folder.parent, valid=-9)
    records.journal(old, "rollback one start")
    told = answer(call(old, "restore"), old.parent)
    assert (told["permissionDecision"], told["permissionDecisionReason"]) == ("ask", "restore it?")
    assert run.started(old)


def test_a_restore_without_a_question_is_denied(folder):
    final = planned(folder.parent, without="restore")
    records.journal(final, "rollback one start")
    told = answer(call(final, "restore"), folder.parent)
    assert "nothing in this run can be undone" in told["permissionDecisionReason"]
    assert keys(final) == []


UNSURE = b'{"protected": 0, "verdict": "ready", "environment": "x", "created_at": "2000", "expires_at": "3000"}'


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff", b"{}", UNSURE])
def test_a_damaged_plan_is_not_asked_about(folder, content):
    (folder / "plan.json").write_bytes(content)
    other = folder.with_name(".rollback-checkpoint-20990101-000000")
    folder.rename(other)
    shown.remember(other.parent, other, approvals.digest(other), SESSION)
    told = answer(call(other), other.parent)
    assert (told["permissionDecision"], keys(other)) == ("deny", [])
    assert "cannot ask for approval" in told["permissionDecisionReason"]


@pytest.mark.parametrize(
    "path",
    [
        "{run}/plan.json",
        "{skill}/SKILL.md",
        "{skill}/scripts/approve.py",
        "{state}/plans/x",
        "link/plan.json",
    ],
)
def test_our_own_records_and_the_skill_are_not_edited(folder, path):
    (folder.parent / "link").symlink_to(folder)
    real = path.format(run=folder, skill=SCRIPTS.parent, state=private.state_folder(folder.parent))
    for name, key in (("Write", "file_path"), ("NotebookEdit", "notebook_path")):
        told = hook.before_tool(event("", folder.parent, tool_name=name, tool_input={key: real}))
        assert told and told["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert (
        hook.before_tool(
            event("", folder.parent, tool_name="Write", tool_input={"file_path": "src/app.py"})
        )
        is None
    )


@pytest.mark.parametrize("name", [*approvals.COVERED, "rollback.log"])
def test_a_run_folder_and_the_references_may_be_read(folder, name):
    for path in (folder / name, SCRIPTS.parent / "references/databases.md"):
        given = {"file_path": str(path)}
        assert hook.before_tool(event("", folder, tool_name="Read", tool_input=given)) is None


def test_approvals_may_not_even_be_read(folder):
    path = private.state_folder(folder.parent) / "plans" / folder.name
    told = answer("", folder, tool_name="Read", tool_input={"file_path": str(path)})
    assert told["permissionDecision"] == "deny"


@pytest.mark.parametrize("content", [b"\xff", b"\x1b[2Jnothing happens", b"x" * 20_000])
def test_an_odd_question_is_not_shown(folder, content):
    (folder / "question.execute.txt").write_bytes(content)
    other = folder.with_name(".rollback-checkpoint-20990101-000000")
    folder.rename(other)
    shown.remember(other.parent, other, approvals.digest(other), SESSION)
    told = answer(call(other), other.parent)
    assert (told["permissionDecision"], keys(other)) == ("deny", [])
    assert "is not a question as a plan writes it" in told["permissionDecisionReason"]


def test_a_run_that_was_never_planned_here_does_not_become_ours_by_being_shown(folder):
    foreign = folder.with_name(".rollback-checkpoint-20990101-000000")
    folder.rename(foreign)
    shown.remember_again(foreign.parent, foreign, SESSION)
    told = answer(call(foreign), foreign.parent)
    assert "was not planned by this account" in told["permissionDecisionReason"]


def test_a_plan_that_is_shown_again_keeps_the_digest_it_was_made_with(folder):
    (folder / "runner.sh").write_text("touch /tmp/x\n")
    with pytest.raises(ApprovalNeeded, match="changed after it was planned"):
        shown.remember_again(folder.parent, folder, SESSION)
    told = answer(call(folder), folder.parent)
    assert "changed after it was planned" in told["permissionDecisionReason"]


def test_another_tool_that_runs_commands_is_never_asked_about(folder):
    assert answer(call(folder), folder.parent, tool_name="Monitor")["permissionDecision"] == "deny"


@pytest.mark.parametrize(
    "given", [{}, {"prompt": "look at the logs"}, {"query": "x"}, {"prompt": None}]
)
def test_other_tools_go_on_undisturbed(folder, given):
    assert hook.before_tool(event("", folder.parent, tool_name="Agent", tool_input=given)) is None


def test_a_key_that_cannot_be_kept_is_no_question(folder, monkeypatch):
    (private.state_folder(folder.parent) / "approvals").write_text("")
    assert (
        "cannot be read or written"
        in answer(call(folder), folder.parent)["permissionDecisionReason"]
    )
    assert os.path.isfile(private.state_folder(folder.parent) / "approvals")
