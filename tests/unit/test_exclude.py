"""What we write does not show in the user's git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from records import planned, python

from rollback.records import audit, exclude, ledger
from rollback.settings.project import git

pytestmark = pytest.mark.programs


def run_git(folder: Path, *words: str) -> None:
    as_somebody = (
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@x",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "protocol.file.allow=always",
    )
    subprocess.run(["git", *as_somebody, *words], cwd=folder, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    run_git(folder, "init", "-q")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def write_everything(project: Path) -> None:
    import cache

    planned(project)
    audit.record(project, "plan")
    cache.history(project).recall("k", lambda: 1)
    (project / ledger.FILE).touch()


def status(project: Path) -> str | None:
    return git(project, "status", "--porcelain", "--untracked-files=all")


@pytest.mark.parametrize("inner", [".", "apps/shop", "odd [a]*?! #\\ 'name'"])
def test_git_status_stays_clean(tmp_path: Path, inner: str) -> None:
    root = repository(tmp_path / "it's a repo")
    project = root / inner
    project.mkdir(parents=True, exist_ok=True)
    assert exclude.add(project)
    write_everything(project)
    assert status(project) == ""
    (project / ".claude" / "deployment-rollback.yml").touch()
    assert "deployment-rollback.yml" in (status(project) or "")


def test_it_is_written_once(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    file = root / ".git" / "info" / "exclude"
    file.write_text("theirs")
    for _ in range(3):
        assert exclude.add(root)
    assert file.read_text() == "theirs\n" + "".join(f"/{pattern}\n" for pattern in exclude.OURS)


def test_at_once_it_is_written_once_too(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    code = "import sys; from pathlib import Path; from rollback.records import exclude; exclude.add(Path(sys.argv[1]))"
    assert [one.communicate()[1] for one in [python(code, root) for _ in range(4)]] == [""] * 4
    assert (root / ".git" / "info" / "exclude").read_text().count(exclude.OURS[0]) == 1


def test_worktrees_and_submodules_stay_clean(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    run_git(root, "worktree", "add", "-q", str(tmp_path / "tree"))
    outer = repository(tmp_path / "outer")
    run_git(outer, "submodule", "add", "-q", str(root), "inner")
    run_git(outer, "commit", "-qm", "inner")
    for project in (tmp_path / "tree", outer / "inner"):
        assert exclude.add(project)
        write_everything(project)
        assert status(project) == ""
    assert status(outer) == ""


def test_a_repository_made_without_a_template_gets_its_folder(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    run_git(tmp_path / "r", "init", "-q", "--template=")
    assert exclude.add(tmp_path / "r")
    write_everything(tmp_path / "r")
    assert status(tmp_path / "r") == ""


def test_without_git_nothing_is_made(tmp_path: Path) -> None:
    assert exclude.add(tmp_path) is False
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    file = root / ".git" / "info" / "exclude"
    file.unlink(missing_ok=True)
    file.mkdir()
    assert exclude.add(root) is False
