"""An installed skill that is upgraded, repaired, refused and taken away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from folders import content

from installer import packages, tree

pytestmark = pytest.mark.programs
SKILL = Path(".claude/skills/deployment-rollback")


def test_a_second_install_needs_no_network_and_changes_nothing(run, clone, installed):
    before = content(installed)
    done = run("bash", clone / "install.sh")
    assert done.returncode == 0, done.stderr
    assert "already there" in done.stdout
    assert content(installed) == before


def test_an_upgrade_removes_what_vanished_and_keeps_what_is_not_ours(run, clone, installed, home):
    (installed / "scripts" / "notes.md").write_text("mine")
    (clone / "references" / "new.md").write_text("new")
    (clone / "LICENSE").write_text("changed")
    gone = next((clone / "references").glob("[!n]*.md"))
    gone.unlink()
    done = run("bash", clone / "install.sh")
    assert done.returncode == 0, done.stderr
    assert not (installed / "references" / gone.name).exists()
    assert (installed / "references" / "new.md").read_text() == "new"
    assert (installed / "LICENSE").read_text() == "changed"
    assert (installed / "scripts" / "notes.md").read_text() == "mine"
    assert content(home / ".claude").keys() == {
        f"skills/deployment-rollback/{name}" for name in content(installed)
    } | {"settings.json"}


def test_packages_made_from_other_requirements_are_replaced(run, clone, installed, wheels):
    (clone / "requirements.txt").write_text(
        "".join(
            f"{line}\n"
            for line in sorted((clone / "requirements.txt").read_text().split(), reverse=True)
        )
    )
    assert run("bash", clone / "install.sh").returncode == 69
    done = run("bash", clone / "install.sh", "--from", wheels)
    assert "unpacked by pip" in done.stdout, done.stderr


def test_somebody_elses_folder_is_refused_for_both(run, clone, wheels, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").write_text("years")
    for words in (["--from", wheels], ["--uninstall"]):
        done = run("bash", clone / "install.sh", *words, "--dest", tmp_path / "theirs")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert content(tmp_path / "theirs") == {"thesis.txt": b"years"}


def test_uninstall_takes_only_what_was_installed(run, installed, home):
    (installed / "notes.md").write_text("mine")
    done = run("bash", installed / "install.sh", "--uninstall")
    assert done.returncode == 0
    assert f"kept, install.sh did not put it there: {installed / 'notes.md'}" in done.stdout
    assert content(home / ".claude") == {
        "settings.json": b'{"mine": 1}',
        "skills/deployment-rollback/notes.md": b"mine",
    }


def test_a_list_that_leads_outside_is_refused(run, installed, home):
    (installed / tree.MANIFEST).write_text("0.1.0\n../../settings.json\n")
    assert run("bash", installed / "install.sh", "--uninstall", "--dest", installed).returncode == 2
    assert (home / ".claude" / "settings.json").exists()


def test_scripts_that_do_not_run_replace_nothing(run, clone, installed):
    before = content(installed)
    (clone / "scripts" / "detect.py").write_text("import nonsense\n")
    done = run("bash", clone / "install.sh")
    assert (done.returncode, done.stderr.count("\n")) == (69, 1)
    assert "No module named 'nonsense'" in done.stderr
    assert content(installed) == before


def test_what_a_killed_install_left_is_put_right(run, clone, installed, unpacked):
    """Killed between its two renames; another one an hour ago."""
    (installed / "notes.md").write_text("mine")
    scratch, stale = (
        installed.parent / f".deployment-rollback.install-{name}" for name in ("a", "b")
    )
    scratch.mkdir()
    installed.rename(scratch / "old")
    stale.mkdir()
    os.utime(stale, (1, 1))
    shutil.copytree(unpacked, packages.folder(clone))
    done = run("bash", clone / "install.sh")
    assert done.returncode == 0, done.stderr
    assert (installed / "notes.md").read_text() == "mine"
    assert not stale.exists()
