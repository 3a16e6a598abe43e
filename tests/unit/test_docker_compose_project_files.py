"""The project's own files go back as git has them for the target, unless somebody edited them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from compose_recorded import container, moves, target
from msgspec.structs import replace

from rollback.model import Move
from rollback.platforms.docker_compose import details, project_files
from rollback.platforms.docker_compose.definition.source import Source
from rollback.shell import Shell

pytestmark = pytest.mark.programs
TEMPLATES = Path(__file__).parents[2] / "templates"
GIT = ("git", "-c", "user.name=Dora", "-c", "user.email=dora@example.org")


class Repository:
    """v1 and v2 of `.env` and `web.env`; v2 is live and lies here."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q")
        for version in ("v1", "v2"):
            self.write(".env", f"TAG={version}\n")
            self.write("web.env", "COLOR=red\n")
            self.write("compose.yaml", "services: {}\n")
            self.git("add", "--all")
            self.git("commit", "-qm", version)
            self.git("tag", version)

    def git(self, *words: str) -> None:
        subprocess.run((*GIT, *words), cwd=self.root, check=True)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_bytes(text.encode())

    def moves(self, **facts: str) -> list[Move]:
        running = target(container("web"), folder=str(self.root), **facts)
        paths = [str(self.root / name) for name in ("compose.yaml", "web.env", ".env")]
        files = Source(((paths[0], ""),), ((paths[1], ""),), ((paths[2], ""),))
        (move,) = moves(running, {"web": "sha256:web1"}, commit="v1", source=files)
        live = replace(details.facts(move.current), source=files)
        return [replace(move, current=replace(move.current, facts=live))]

    def names(self, **facts: str) -> list[str]:
        every = project_files.older_config(self.moves(**facts), Shell(self.root))
        return [item.name for item in every]

    def left(self, **facts: str) -> list[tuple[str, str]]:
        rows = project_files.left(self.moves(**facts), Shell(self.root))
        return [(row.key, row.fix) for row in rows]


@pytest.fixture
def here(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_only_a_file_that_differs_goes_back_and_its_content_of_today_is_kept(here: Repository):
    (item,) = project_files.older_config(here.moves(), Shell(here.root))
    assert item.name == ".env" and item.source != item.goal
    assert sorted(item.files.values()) == [b"TAG=v1\n", b"TAG=v2\n"]
    assert "git checkout HEAD -- .env" in item.reminder


def test_a_file_with_changes_that_git_does_not_have_stays(here: Repository):
    here.write(".env", "TAG=v2\nPASSWORD=hunter2\n")
    assert here.names() == []
    ((name, fix),) = here.left()
    assert name == ".env" and "diff HEAD v1 -- .env" in fix and "hunter2" not in fix


def test_an_edit_of_a_file_that_both_releases_have_alike_is_no_difference(here: Repository):
    here.write("web.env", "COLOR=blue\n")
    assert here.names() == [".env"] and here.left() == []


def test_a_file_that_was_deleted_here_by_hand_stays_deleted(here: Repository):
    (here.root / ".env").unlink()
    assert here.names() == [] and [name for name, _ in here.left()] == [".env"]


def test_a_file_that_only_the_target_has_is_made_again(here: Repository):
    here.git("rm", "-q", ".env")
    here.git("commit", "-qm", "v3")
    (item,) = project_files.older_config(here.moves(), Shell(here.root))
    assert item.source == "none" and item.undo.argv[0] == "take_file"


def test_a_symbolic_link_is_never_written_through(here: Repository):
    (here.root / ".env").rename(here.root / "elsewhere")
    (here.root / ".env").symlink_to("elsewhere")
    assert here.names() == [] and [name for name, _ in here.left()] == [".env"]


def test_line_ends_of_windows_are_no_reason_to_write_another_content(here: Repository):
    here.git("checkout", "-q", "v1")
    here.write(".env", "TAG=v1\r\n")
    here.git("commit", "-qam", "windows")
    here.git("tag", "-f", "v1")
    here.git("checkout", "-q", "v2")
    assert here.names() == []
    assert [name for name, fix in here.left() if "checkout v1 -- .env" in fix] == [".env"]


def test_a_file_that_only_the_newer_release_has_is_named(here: Repository):
    """Compose loads it by itself."""
    here.git("checkout", "-q", "v1")
    here.git("rm", "-q", ".env")
    here.git("commit", "-qm", "without")
    here.git("tag", "-f", "v1")
    here.git("checkout", "-q", "v2")
    assert here.names() == []
    ((name, fix),) = here.left()
    assert name == ".env" and "move it away" in fix


def test_without_a_file_in_the_project_nothing_of_it_goes_back(
    here: Repository, monkeypatch: pytest.MonkeyPatch
):
    """Asked for no names, git lists all that it has."""
    monkeypatch.setattr(project_files, "_paths", lambda moves, project: [])
    assert here.names() == [] and here.left() == []


def test_a_checkout_that_is_not_the_deploys_stays(here: Repository):
    assert here.names(directory="/srv/elsewhere") == []
    assert here.left(directory="/srv/elsewhere") == [
        (".env", "git -C /srv/elsewhere checkout v1 -- .env")
    ]


# ---- what the script does -----------------------------------------------------------------


def bash(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    functions = TEMPLATES / "functions" / "docker_compose.sh"
    script = f'set -euo pipefail; sha256() {{ sha256sum "$@"; }}; changed_nothing() {{ true; }}; . {functions}; "$@"'
    return subprocess.run(
        ["bash", "-c", script, "bash", *words], cwd=root, capture_output=True, text=True
    )


def content(here: Repository, name: str = ".env") -> str:
    return bash(here.root, "file_content", name).stdout.strip()


def test_the_script_reads_what_the_plan_expects_and_puts_the_file_back(here: Repository):
    (item,) = project_files.older_config(here.moves(), Shell(here.root))
    for path, text in item.files.items():
        file = here.root / "state" / "app-config" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    (here.root / ".env").chmod(0o640)
    assert content(here) == item.source
    assert bash(here.root, *item.do.argv).returncode == 0
    assert content(here) == item.goal and (here.root / ".env").read_text() == "TAG=v1\n"
    assert (here.root / ".env").stat().st_mode & 0o777 == 0o640
    assert bash(here.root, *item.undo.argv).returncode == 0
    assert content(here) == item.source
    assert list(here.root.glob("*rollback-new*")) == []


@pytest.mark.parametrize("function", ["put_file", "take_file"])
def test_a_file_that_changed_since_the_plan_is_left(here: Repository, function: str):
    here.write("new", "TAG=v1\n")
    done = bash(here.root, function, ".env", "sha256:0000000000000000", "new")
    assert done.returncode == 1 and "another content" in done.stderr
    assert (here.root / ".env").read_text() == "TAG=v2\n"
    assert list(here.root.glob(".env.*")) == []


def test_a_file_that_is_made_again_is_for_its_owner_and_can_be_removed(here: Repository):
    here.write("new", "TAG=v1\n")
    assert content(here, "gone.env") == "none"
    assert bash(here.root, "put_file", "gone.env", "none", "new").returncode == 0
    assert (here.root / "gone.env").stat().st_mode & 0o777 == 0o600
    assert bash(here.root, "take_file", "gone.env", content(here, "gone.env")).returncode == 0
    assert not (here.root / "gone.env").exists()
