"""install.sh as a user meets it: real pip, no network."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from folders import content

from installer import packages, tree
from installer.actions import ROOT, version

pytestmark = pytest.mark.programs
SKILL = Path(".claude/skills/deployment-rollback")


def test_an_installed_skill_runs_from_anywhere_with_its_own_packages(
    run, clone, wheels, home, tmp_path, python
):
    assert "unpacked by pip" in run("bash", clone / "install.sh", "--from", wheels).stdout
    installed = home / SKILL
    python(f'exec {shlex.quote(sys.executable)} -S "$@"')  # site-packages out of sight
    done = run("python3", installed / "scripts" / "detect.py", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout[:1]) == (0, "{"), done.stderr
    assert sorted(path.name for path in installed.iterdir()) == sorted(
        [*tree.RUNS, ".deps", tree.MANIFEST]
    )


def test_without_a_network_one_line_and_nothing_is_changed(run, clone, home):
    done = run("bash", clone / "install.sh")
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "error: cannot install the packages (pip: no connection to the package index); fix: "
    )
    assert content(home) == {".claude/settings.json": b'{"mine": 1}'}
    assert [path.name for path in (home / ".claude").iterdir()] == ["settings.json"]


def test_uv_does_it_too(run, clone, wheels, tmp_path, python):
    uv = Path(sys.executable).parent / "uv"
    if not uv.exists():
        pytest.skip("uv is not installed beside this Python")
    (tmp_path / "bin" / "uv").symlink_to(uv)
    python(f'exec {shlex.quote(sys.executable)} "$@"')
    done = run("bash", clone / "install.sh", "--from", wheels, "--dest", tmp_path / "by uv")
    assert "unpacked by uv" in done.stdout, done.stderr


def test_without_pip_and_uv_it_says_what_to_install(run, clone, python, home):
    python(f'exec {shlex.quote(sys.executable)} -S "$@"')
    done = run("bash", clone / "install.sh")
    assert (done.returncode, done.stderr.count("\n")) == (69, 1)
    assert "neither pip nor uv" in done.stderr
    assert not (home / ".claude" / "skills").exists()


def test_an_old_python_is_named(run, clone, python):
    python("case $1 in --version) echo Python 3.8.18;; *) exit 1;; esac")
    done = run("bash", clone / "install.sh")
    assert (done.returncode, done.stderr.count("\n")) == (69, 1)
    assert "3.10 or newer as python3, and this is Python 3.8.18; fix: " in done.stderr


@pytest.mark.parametrize("name", ["-dash", "it's $(touch PWNED)", 'a "quoted" ünï\nname'])
def test_any_folder_name_works(run, ready, tmp_path, name):
    dest = tmp_path / "odd" / name
    done = run("bash", ready / "install.sh", "--dest", f"odd/{name}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert run("bash", dest / "install.sh", "--uninstall").returncode == 0
    assert not dest.exists()
    assert not list(tmp_path.rglob("PWNED"))


def test_a_destination_that_cannot_be_written_is_named(run, clone, wheels, tmp_path):
    (tmp_path / "file").write_text("")
    done = run(
        "bash", clone / "install.sh", "--from", wheels, "--dest", tmp_path / "file" / "skill"
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"cannot write to {tmp_path / 'file'}" in done.stderr


def test_a_plain_copy_names_its_fix_and_the_fix_works(run, clone, wheels, tmp_path, python):
    copy = tmp_path / "skills" / "any name"
    shutil.copytree(clone, copy)
    python(f'exec {shlex.quote(sys.executable)} -S "$@"')
    done = run("python3", copy / "scripts" / "history.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (69, "")
    fix = done.stderr.partition("fix: ")[2].strip()
    python()
    repaired = run("bash", "-c", fix, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert repaired.returncode == 0, repaired.stderr
    python(f'exec {shlex.quote(sys.executable)} -S "$@"')
    assert (
        run("python3", copy / "scripts" / "history.py", "--version", cwd=tmp_path).returncode == 0
    )
    assert not (tmp_path / "home" / SKILL).exists(), "it repairs the copy and installs nothing else"


@pytest.mark.parametrize(
    "words",
    [["--nonsense"], ["--dest", ""], ["--from", "/nowhere"], ["--demo", "--uninstall"], ["extra"]],
)
def test_wrong_words_change_nothing(run, clone, home, words):
    done = run("bash", clone / "install.sh", *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not (home / ".claude" / "skills").exists()


def test_it_tells_its_version_and_the_command_for_a_wheelhouse(run, clone):
    assert (
        run("bash", clone / "install.sh", "--version").stdout
        == f"deployment-rollback {version()}\n"
    )
    assert (
        "python3 -m pip download --only-binary :all: -r requirements.txt -d WHEELHOUSE"
        in run("bash", clone / "install.sh", "--help").stdout
    )


def test_the_packages_are_those_the_scripts_ask_for():
    look = [sys.executable, "-c", "import _skill; print(*sorted(_skill.NEEDS))"]
    assert (
        tuple(
            subprocess.run(
                look, cwd=ROOT / "scripts", capture_output=True, text=True
            ).stdout.split()
        )
        == packages.IMPORTS
    )
