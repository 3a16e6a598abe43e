"""Settings that an agent may have written: what they cannot do before a person has committed them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rollback.approval import agent
from rollback.errors import ApprovalNeeded
from rollback.flow import uncommitted
from rollback.settings import load
from rollback.settings.environment import resolve
from rollback.settings.model import FILE

pytestmark = pytest.mark.programs

SETTINGS = """\
environments:
  staging:
    health: [{{command: {words}}}]
"""


def saved(project: Path, words: str) -> None:
    (project / FILE).parent.mkdir(exist_ok=True)
    (project / FILE).write_text(SETTINGS.format(words=words))


def test_nor_does_an_agent_say_where_a_token_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "client_above", lambda: "CLAUDECODE is set")
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text("environments: {staging: {vercel: {project: shop}}}")
    refuse(tmp_path)
    elsewhere = "environments: {staging: {vercel: {api: https://api.evil.example}}}"
    (tmp_path / FILE).write_text(elsewhere)
    with pytest.raises(ApprovalNeeded, match="evil"):
        refuse(tmp_path)


def refuse(project: Path) -> None:
    uncommitted.refuse(resolve(project, load.load(project), "staging"))


def test_an_agent_cannot_have_a_command_run_that_nobody_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = ("-c", "user.name=Dora", "-c", "user.email=dora@example.org")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    saved(tmp_path, "[./check, one]")
    refuse(tmp_path)  # a person tries it before the commit
    monkeypatch.setattr(agent, "client_above", lambda: "CLAUDECODE is set")
    with pytest.raises(ApprovalNeeded, match=r"\./check one") as refusal:
        refuse(tmp_path)
    assert refusal.value.code == "settings-uncommitted"
    subprocess.run(["git", "-C", tmp_path, "add", "-A"], check=True)
    subprocess.run(["git", "-C", tmp_path, *who, "commit", "-qm", "settings"], check=True)
    refuse(tmp_path)
    saved(tmp_path, "[./check, two]")
    with pytest.raises(ApprovalNeeded):
        refuse(tmp_path)
