"""install.sh as a user meets it: a copy of the project, a new home, real pip, no network."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wheelhouse

from installer import packages, tree
from installer.actions import ROOT, version

pytestmark = pytest.mark.programs
SKILL = Path(".claude/skills/deployment-rollback")
OFFLINE = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_INDEX_URL": "http://127.0.0.1:9/", "PIP_FIND_LINKS": ""}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return wheelhouse.make(tmp_path_factory.mktemp("wheels") / "house", ROOT / "requirements.txt")


@pytest.fixture(scope="module")
def unpacked(wheels, tmp_path_factory):
    """The packages, unpacked once, for tests that are about something else."""
    into = tmp_path_factory.mktemp("packages") / "unpacked"
    packages.unpack(ROOT / "requirements.txt", into, wheels)
    return into


@pytest.fixture
def clone(tmp_path):
    """What somebody has after `git clone`, as far as it gets installed."""
    tree.copy(ROOT, tmp_path / "clone", version())
    (tmp_path / "clone" / tree.MANIFEST).unlink()
    return tmp_path / "clone"


@pytest.fixture
def ready(clone, unpacked):
    """A clone that was used before: its packages are there."""
    shutil.copytree(unpacked, packages.folder(clone))
    return clone


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / ".claude").mkdir(parents=True)
    (tmp_path / "home" / ".claude" / "settings.json").write_text('{"mine": 1}')
    return tmp_path / "home"


@pytest.fixture
def python(tmp_path):
    """Puts a python3 of our making first in PATH: a shell script that gets the words of the call."""

    def put(body: str = f'exec {shlex.quote(sys.executable)} "$@"') -> None:
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / "python3").write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / "python3").chmod(0o755)

    put()
    return put


@pytest.fixture
def run(tmp_path, home, python):
    def run(*words: object, cwd: Path = Path("/"), **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {"HOME": str(home), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "TMPDIR": str(tmp_path), **OFFLINE, **environment}
        return subprocess.run(list(map(str, words)), cwd=cwd, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    return run


@pytest.fixture
def installed(run, ready, home):
    """An installed skill; the clone, without packages, lies beside it."""
    done = run("bash", ready / "install.sh")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(ready / ".deps")
    return home / SKILL


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_an_installed_skill_runs_from_anywhere_with_its_own_packages(run, clone, wheels, home, tmp_path, python):
    assert "unpacked by pip" in run("bash", clone / "install.sh", "--from", wheels).stdout
    installed = home / SKILL
    python(f'exec {shlex.quote(sys.executable)} -S "$@"')  # site-packages out of sight
    done = run("python3", installed / "scripts" / "detect.py", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout[:1]) == (0, "{"), done.stderr
    assert sorted(path.name for path in installed.iterdir()) == sorted([*tree.RUNS, ".deps", tree.MANIFEST])


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
    assert content(home / ".claude").keys() == {f"skills/deployment-rollback/{name}" for name in content(installed)} | {"settings.json"}


def test_packages_made_from_other_requirements_are_replaced(run, clone, installed, wheels):
    (clone / "requirements.txt").write_text("".join(f"{line}\n" for line in sorted((clone / "requirements.txt").read_text().split(), reverse=True)))
    assert run("bash", clone / "install.sh").returncode == 69
    done = run("bash", clone / "install.sh", "--from", wheels)
    assert "unpacked by pip" in done.stdout, done.stderr


def test_without_a_network_one_line_and_nothing_is_changed(run, clone, home):
    done = run("bash", clone / "install.sh")
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: the packages cannot be had (pip: no connection to the package index); fix: ")
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
    python('case $1 in --version) echo Python 3.8.18;; *) exit 1;; esac')
    done = run("bash", clone / "install.sh")
    assert (done.returncode, done.stderr.count("\n")) == (69, 1)
    assert "3.10 or newer as python3, and this is Python 3.8.18; fix: " in done.stderr


@pytest.mark.parametrize("name", ["with space", "it's $(touch PWNED)", '"quoted"', "-dash", "new\nline", "ünï"])
def test_any_folder_name_works(run, ready, tmp_path, name):
    dest = tmp_path / "odd" / name
    done = run("bash", ready / "install.sh", "--dest", f"odd/{name}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert run("bash", dest / "install.sh", "--uninstall").returncode == 0
    assert not dest.exists()
    assert not list(tmp_path.rglob("PWNED"))


def test_a_destination_that_cannot_be_written_is_named(run, clone, wheels, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("bash", clone / "install.sh", "--from", wheels, "--dest", tmp_path / "file" / "skill")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"cannot write to {tmp_path / 'file'}" in done.stderr


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
    assert content(home / ".claude") == {"settings.json": b'{"mine": 1}', "skills/deployment-rollback/notes.md": b"mine"}


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
    assert run("python3", copy / "scripts" / "history.py", "--version", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "home" / SKILL).exists(), "it repairs the copy and installs nothing else"


@pytest.mark.parametrize("words", [["--nonsense"], ["--dest", ""], ["--from", "/nowhere"], ["--demo", "--uninstall"], ["extra"]])
def test_wrong_words_change_nothing(run, clone, home, words):
    done = run("bash", clone / "install.sh", *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not (home / ".claude" / "skills").exists()


def test_it_tells_its_version_and_the_command_for_a_wheelhouse(run, clone):
    assert run("bash", clone / "install.sh", "--version").stdout == f"deployment-rollback {version()}\n"
    assert "python3 -m pip download --only-binary :all: -r requirements.txt -d WHEELHOUSE" in run("bash", clone / "install.sh", "--help").stdout


def test_the_packages_are_those_the_scripts_ask_for():
    look = [sys.executable, "-c", "import _skill; print(*sorted(_skill.NEEDS))"]
    assert tuple(subprocess.run(look, cwd=ROOT / "scripts", capture_output=True, text=True).stdout.split()) == packages.IMPORTS
