"""The order of a project's commits: real repositories, made by each test."""

import os
import subprocess

import pytest
from compose_recorded import Engine

from rollback.platforms.docker_compose import git_source
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell

pytestmark = pytest.mark.programs
WHO = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"]


def git(project, *words):
    when = {"GIT_COMMITTER_DATE": "2026-11-24T10:00:00Z", "GIT_AUTHOR_DATE": "2026-11-24T10:00:00Z"}
    subprocess.run(
        ["git", *WHO, *words],
        cwd=project,
        check=True,
        capture_output=True,
        env={**os.environ, **when},
    )


def test_commits_of_the_same_second_keep_the_order_of_their_history(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "compose.yaml").write_text("services: {}\n")  # only the first commit touches it
    for version in ("v1", "v2", "v3"):
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", version)
        git(tmp_path, "tag", version)
    file = str(tmp_path / "compose.yaml")
    today = Source(((file, "services: {}\n"),))
    details = {"folder": str(tmp_path), "files": [file], "env_files": []}
    found = git_source.commits(details, today, Shell(tmp_path), Engine())
    assert [one.id for one in found] == ["v3", "v2", "v1"]
