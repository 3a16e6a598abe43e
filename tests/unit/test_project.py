"""Which folder is the project, and reading its git without trusting it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rollback.errors import Usage
from rollback.settings import project


def git(folder: Path, *words: str) -> None:
    as_somebody = ("-c", "user.name=t", "-c", "user.email=t@x", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *as_somebody, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "it's a shop"
    root.mkdir()
    git(root, "init", "-q")
    (root / "a").write_text("a")
    git(root, "add", "a")
    git(root, "commit", "-qm", "first")
    return root


def test_a_folder_that_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").touch()
    (tmp_path / "inner").mkdir()
    assert project.find(tmp_path / "inner") == tmp_path / "inner"


@pytest.mark.parametrize("name", ["missing", "file", "loop"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Usage) as told:
        project.find(tmp_path / name)
    assert told.value.code == "no-project"


def test_without_git_it_is_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert project.find(None) == tmp_path


def test_a_working_directory_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(Usage, match="no folder"):
        project.find(None)


@pytest.mark.programs
def test_it_is_the_git_root_above(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "apps" / "shop").mkdir(parents=True)
    monkeypatch.chdir(repository / "apps" / "shop")
    assert project.find(None) == repository


@pytest.mark.programs
def test_it_is_the_worktree_s_own_root(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    (tmp_path / "tree" / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "tree" / "inner")
    assert project.find(None) == tmp_path / "tree"


@pytest.mark.programs
def test_git_answers_in_a_bare_clone_and_with_a_detached_head(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "checkout", "-q", "--detach")
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    assert (
        project.git(repository, "log", "--format=%s")
        == project.git(tmp_path / "bare", "log", "--format=%s")
        == "first\n"
    )


@pytest.mark.programs
def test_git_is_silent_without_a_repository_a_commit_or_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.git(tmp_path, "log") is None
    git(tmp_path, "init", "-q")
    assert project.git(tmp_path, "log") is None
    assert project.git_trouble(tmp_path) is None
    monkeypatch.setenv("PATH", "/nowhere")
    assert project.git(tmp_path, "log") is None
    assert (trouble := project.git_trouble(tmp_path)) is not None
    assert trouble.code == "no-git"


@pytest.mark.programs
def test_a_repository_s_own_configuration_starts_no_program(
    repository: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand"):
        git(repository, "config", key, str(trap))
    git(repository, "config", "log.showSignature", "true")
    assert project.git(repository, "ls-files") == "a\n"
    assert project.git(repository, "status", "--porcelain") == ""
    assert project.git(repository, "log", "--format=%s") == "first\n"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.programs
def test_variables_of_a_hook_do_not_lead_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert project.git(repository, "log", "--format=%s") == "first\n"


@pytest.mark.programs
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_somebody_else_s_repository_is_a_note_with_its_remedy(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (repository, *repository.rglob("*")):
        os.chown(path, 12345, 12345)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("HOME", str(repository.parent))
    assert project.git(repository, "log") is None
    assert (trouble := project.git_trouble(repository)) is not None
    assert (trouble.level, trouble.code) == ("note", "git-dubious-ownership")
    assert "safe.directory" in trouble.fix
    monkeypatch.setenv("SUDO_UID", "12345")
    assert project.git(repository, "log", "--format=%s") == "first\n"
