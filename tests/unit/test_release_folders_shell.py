"""Plain sh on real folders: the inspection of a host, and the functions of the script."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from folders_recorded import with_ids

from rollback.model import Finding
from rollback.platforms import release_folders
from rollback.platforms.release_folders.inspection import inspect
from rollback.platforms.release_folders.settings import Settings
from rollback.settings.environment import Environment, LedgerEntry
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

pytestmark = pytest.mark.programs
FUNCTIONS = Path(__file__).parents[2] / "templates" / "functions" / "release_folders.sh"
HOSTILE = "it's $(touch PWNED) `x` -rf é"


def app(root: Path, *names: str, live: str | None = None, text: str = "releases/{}") -> Path:
    for name in names:
        (root / "releases" / name).mkdir(parents=True)
        (root / "releases" / name / "REVISION").write_text(f"{name[:1] * 40}\n")
    (root / "current").symlink_to(text.format(live or names[-1]))
    return root


def moves(root: Path, to: str, records: tuple[LedgerEntry, ...] = (), **settings: object):
    environment = Environment(
        "staging",
        False,
        root.parent,
        EnvironmentSettings(),
        group=Settings(path=str(root), **settings),
        ledger=records,
    )
    shell = Shell(root.parent)
    (target,) = release_folders.targets(environment, shell)
    (found,) = release_folders.releases(environment, [target], shell, 50)
    live = next(release for release in found if release.status == "live")
    chosen = next((release for release in found if release.id == to), live)
    return with_ids(release_folders.moves(target, live, chosen)), shell


def findings(root: Path, to: str, **settings: object) -> dict[str, Finding]:
    return {
        finding.code: finding for finding in release_folders.preflight(*moves(root, to, **settings))
    }


def function(
    name: str, *words: object, path: str | None = None, shell: str = "bash"
) -> subprocess.CompletedProcess[str]:
    """Call one of the functions, as the script does; with sh, as `remote` does."""
    text = FUNCTIONS.read_text()
    run = 'set -euo pipefail\n"$@"' if shell == "bash" else 'set -eu\n"$@"'
    text = (
        text
        if shell == "bash"
        else "\n".join(part for part in text.split("\n\n") if "local " not in part)
    )
    environment = {**os.environ, **({"PATH": path} if path else {})}
    return subprocess.run(
        [shell, "-c", f"{text}\n{run}", shell, name, *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
    )


def test_hostile_paths_and_names_are_read_literally(tmp_path):
    root = app(tmp_path / HOSTILE, HOSTILE, "2", live=HOSTILE)
    (root / "releases" / "two\nlines").mkdir()
    (host,) = inspect([""], str(root), Shell(tmp_path))
    assert (host.path, host.live, set(host.folders)) == (str(root), HOSTILE, {HOSTILE, "2"})
    assert not list(tmp_path.rglob("PWNED"))


def test_only_real_folders_are_releases(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "releases" / "current").symlink_to("2")
    (root / "releases" / "rolled-back-release-3.tar.gz").touch()
    (root / "releases" / ".hidden").mkdir()
    (host,) = inspect([""], str(root), Shell(tmp_path))
    assert set(host.folders) == {"1", "2"}


def test_a_log_cannot_forge_rows_of_the_report(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "revisions.log").write_text("live\t9\nlink\t/etc\n" + "x" * 100_000)
    (root / "releases" / "1" / "REVISION").write_text("abc\nlive\t9\n")
    (host,) = inspect([""], str(root), Shell(tmp_path))
    assert (host.live, host.link, host.folders["1"].revision) == ("2", "releases/2", "abc")
    assert max(map(len, host.log_lines)) <= 400


@pytest.mark.parametrize(
    "text", ["releases/{}", "./releases/{}/", "{root}/releases/{}//", "../shop/releases/{}"]
)
def test_the_link_keeps_its_style(text, tmp_path):
    root = tmp_path / "shop"
    app(root, "1", "2", text=text.replace("{root}", str(root)))
    (move,), _ = moves(root, "1")
    (step,) = release_folders.steps([move])
    assert step.do.argv[2] == text.replace("{root}", str(root)).rstrip("/").format("1")
    assert function(*step.do.argv).returncode == 0
    assert function(*step.proof.command.argv).stdout.strip() == step.proof.expect
    assert function(*step.undo.do.argv).returncode == 0
    assert os.readlink(root / "current") == text.replace("{root}", str(root)).format("2")


def test_the_switch_is_one_rename(tmp_path):
    """A reader in a loop never finds the link missing; the leftover of a killed run does no harm."""
    root = app(tmp_path / "shop", "1", "2")
    (root / ".current.rollback").symlink_to("releases/nowhere")
    watch = subprocess.Popen(
        ["sh", "-c", "while [ ! -e stop ]; do [ -L current ] || echo missing; done"],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    for at in range(60):
        assert function("switch_link", root, f"releases/{at % 2 + 1}").returncode == 0
    (root / "stop").touch()
    assert watch.communicate()[0] == ""
    assert sorted(os.listdir(root)) == ["current", "releases", "stop"]
    assert sorted(os.listdir(root / "releases" / "1")) == ["REVISION"]


def without_mv(tmp_path: Path, *left_out: str) -> str:
    """PATH with the programs of a Mac: an mv without -T, and what is not left out."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in {"ln", "rm", "perl", "sh", "cat", "readlink", "head", "tr"} - set(left_out):
        (tools / name).symlink_to(shutil.which(name))
    (tools / "mv").write_text("#!/bin/sh\necho 'mv: illegal option -- T' >&2\nexit 64\n")
    (tools / "mv").chmod(0o755)
    return str(tools)


def test_without_mv_t_perl_renames(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    bash = shutil.which("bash")
    assert (
        function(
            "switch_link", root, "releases/1", path=without_mv(tmp_path), shell=bash
        ).returncode
        == 0
    )
    assert os.readlink(root / "current") == "releases/1"


def test_without_any_rename_one_line_says_so(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    done = function(
        "switch_link",
        root,
        "releases/1",
        path=without_mv(tmp_path, "perl"),
        shell=shutil.which("bash"),
    )
    assert done.returncode == 1 and "neither mv -T nor perl can rename it" in done.stderr
    assert os.readlink(root / "current") == "releases/2"


def test_a_folder_named_current_is_left_alone(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "current").unlink()
    (root / "current").mkdir()
    assert function("switch_link", root, "releases/1").returncode == 1
    assert function("serving", root).stdout.startswith("(no link)")
    assert os.listdir(root / "current") == []


def test_a_pruned_release_is_not_switched_to(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    shutil.rmtree(root / "releases" / "1")
    done = function("switch_link", root, "releases/1")
    assert done.returncode == 1 and "releases/1 is gone" in done.stderr
    assert function("identity", root, "1", "1", "execute").stdout.endswith(" 1 (gone)\n")


def test_a_rollback_needs_its_target_as_planned_and_a_restore_does_not(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    planned = f"1 {'1' * 40}"
    host = function("identity", root, "1", planned, "execute").stdout
    assert host.endswith(f" {root}\n")
    (root / "releases/1/REVISION").write_text("another\n")
    changed = function("identity", root, "1", planned, "execute").stdout
    assert changed == host.replace("\n", " 1 another\n")
    assert function("identity", root, "1", planned, "restore").stdout == host


def test_a_deleted_target_counts_as_serving_only_while_the_link_names_it(tmp_path):
    root = app(tmp_path / "shop", "1", "2", live="1")
    planned = f"1 {'1' * 40}"
    shutil.rmtree(root / "releases" / "1")
    assert function("serving", root, planned).stdout == f"{planned}\n"
    assert function("serving", root).stdout == "1 \n"
    (root / "current").unlink()
    (root / "current").symlink_to("releases/2")
    assert function("serving", root, planned).stdout == f"2 {'2' * 40}\n"


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_marks_have_the_tools_own_format(shell, tmp_path):
    root = app(tmp_path / HOSTILE, "1", "2")
    (root / "revisions.log").write_text("no end of line")
    assert (
        function("append_to_log", root, "ana rolled back to release 1", shell=shell).returncode == 0
    )
    assert (root / "revisions.log").read_text() == "no end of line\nana rolled back to release 1\n"
    assert function("end_of_log", root, shell=shell).stdout == "ana rolled back to release 1\n"
    assert function("mark_bad", root, "2", "ana", shell=shell).returncode == 0
    when, who = (root / "releases" / "2" / "BAD_RELEASE").read_text().strip().split(",")
    assert datetime.strptime(when, "%Y-%m-%dT%H:%M:%S%z") and who == "ana"
    assert function("is_bad", root, "2", shell=shell).stdout == "yes\n"
    assert function("unmark_bad", root, "2", shell=shell).returncode == 0
    assert function("is_bad", root, "2", shell=shell).stdout == "no\n"


def test_arguments_survive_the_quoting_for_ssh():
    words = ["", "a b", "it's", "$(touch PWNED)", "`x`", '"', "\\", "-n", "é", "*"]
    line = function("quoted", *words).stdout.replace("</dev/null", "")
    assert subprocess.run(
        ["sh", "-c", f"printf '[%s]' {line}"], capture_output=True, text=True
    ).stdout == "".join(f"[{word}]" for word in words)
