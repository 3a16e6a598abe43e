"""The project's own files, as git has them for the target: env files and compose files.

Containers get them from state/ at every level; with --full the files themselves go back, so that
the next `docker compose up` by hand starts the same release.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rollback.model import component_ids
from rollback.contracts import payload
from rollback.model import Command, ConfigChange, Move, OlderConfig
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.definition import state_files
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.history import git_files
from rollback.shell import Shell

_MODES = ("100644", "100755")  # no symbolic link, no submodule
_ABSENT = "none"


class File(Struct, frozen=True):
    """A file whose content in git differs between today and the target.

    `today` is what lies there, None for nothing; `clean`: git has exactly that, so nobody edited
    it and it is no secret of this machine. `at_head`: the target has what HEAD has. `target` is
    None where only the newer release has the file; `is_text`: with line ends as on this machine.
    """

    path: str
    today: bytes | None
    target: bytes | None
    clean: bool
    is_text: bool = True
    at_head: bool = False


def older_config(moves: Sequence[Move], shell: Shell) -> Iterator[OlderConfig]:
    """Yield the files that go back: those whose content here is git's."""
    project = details.of(moves[0].target)
    for file in _files(moves, shell):
        if file.clean and _is_deployed_from_here(project):
            yield _item(project, moves[0].target.component, file)


def left(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    """Yield the files that stay, and how a person brings them back."""
    project, commit = details.of(moves[0].target), moves[0].to.commit
    for file in _files(moves, shell):
        name = os.path.relpath(file.path, project.folder)
        if not _is_deployed_from_here(project):
            fix = shlex.join(("git", "-C", project.directory, "checkout", str(commit), "--", name))
            yield ConfigChange(name, "changed", False, fix)
        elif file.target is None:
            fix = f"only the newer release has {name}: move it away before `docker compose up`"
            yield ConfigChange(name, "removed", False, fix)
        elif not file.is_text:
            fix = shlex.join(("git", "-C", project.folder, "checkout", str(commit), "--", name))
            yield ConfigChange(name, "changed", False, fix)
        elif not file.clean:
            shown = shlex.join(("git", "-C", project.folder, "diff", "HEAD", str(commit)[:12]))
            fix = (
                f"{name} has changes that git does not have: put the older lines into it by hand "
                f"({shown} -- {shlex.quote(name)})"
            )
            yield ConfigChange(name, "changed", False, fix)


def _item(project: Details, component: str, file: File) -> OlderConfig:
    name = os.path.relpath(file.path, project.folder)
    folder = component_ids.config(component)
    target, today = (state_files.env_name(side, file.path, project) for side in ("to", "now"))
    source, goal = map(_line, (file.today, file.target))
    assert file.target is not None  # of a clean one
    files = {target: file.target}
    local = (
        f"{name} in {project.folder} is the older release's, a local change for git: commit "
        f"it, or before the next deploy: git checkout HEAD -- {shlex.quote(name)}"
    )
    undo = Command(("take_file", file.path, goal), by_hand=shlex.join(("rm", file.path)))
    if file.today is not None:
        files[today] = file.today
        undo = _put(file.path, goal, payload(folder, today))
    return OlderConfig(
        name=name,
        read=Command(("file_content", file.path)),
        source=source,
        goal=goal,
        do=_put(file.path, source, payload(folder, target)),
        undo=undo,
        files=files,
        reminder="" if file.at_head else local,
    )


def _put(path: str, line: str, file: str) -> Command:
    return Command(("put_file", path, line, file), by_hand=shlex.join(("cp", file, path)))


def _line(content: bytes | None) -> str:
    """Return what the script's `file_content` prints of this content."""
    return _ABSENT if content is None else f"sha256:{hashlib.sha256(content).hexdigest()[:16]}"


def _is_deployed_from_here(project: Details) -> bool:
    return os.path.realpath(project.directory) == os.path.realpath(project.folder)


def _files(moves: Sequence[Move], shell: Shell) -> Iterator[File]:
    project, current, to = details.of(moves[0].target), moves[0].current.commit, moves[0].to.commit
    if not to:
        return
    names = [os.path.relpath(path, project.folder) for path in _paths(moves, project)]
    if not names:
        return  # without names, git lists all that it has
    target = _tree(to, names, project, shell)
    trees = [_tree(commit, names, project, shell) for commit in ("HEAD", current) if commit]
    for name, id in target.items():
        path = os.path.join(project.folder, name)
        today = _content(path)
        ids = {tree.get(name) for tree in trees}
        clean = not os.path.islink(path) and _blob(today, id) in ids
        if _blob(today, id) == id or (not clean and id in ids):
            continue  # nothing to do, or only the edit differs
        content = _of_git(to, name, project, shell)
        is_text = _blob(content, id) == id  # with the line ends of Windows it is another one here
        yield File(path, today, content, clean and is_text, is_text, trees[0].get(name) == id)
    for name in names:
        path = os.path.join(project.folder, name)
        today = _content(path)
        if name not in target and today is not None and any(name in tree for tree in trees):
            yield File(path, today, None, clean=False)


def _paths(moves: Sequence[Move], project: Details) -> list[str]:
    """Return the compose files and env files of both sides within the project's folder."""
    sources = [sides.source(moves[0], side) for side in ("now", "to")]
    every = (path for it in sources for path, _ in (*it.files, *it.beside, *it.env))
    paths = dict.fromkeys((*every, *project.env_files))
    return [path for path in paths if Path(path).is_relative_to(project.folder)]


def _tree(
    commit: str, names: Sequence[str], project: Details, shell: Shell
) -> Mapping[str, str | None]:
    """Return name -> id of its content at a commit; no name that it does not have."""
    words = ("ls-tree", "-z", commit, "--", *names)
    answer = shell.ask(git_files.git(project.folder, *words))
    rows = (row.partition("\t") for row in answer.stdout.split("\0") if not answer.status)
    return {
        name: facts.split()[2] for facts, _, name in rows if name and facts.split()[0] in _MODES
    }


def _of_git(commit: str, name: str, project: Details, shell: Shell) -> bytes:
    answer = shell.ask(git_files.git(project.folder, "show", f"{commit}:./{name}"))
    return answer.stdout.encode()


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _blob(content: bytes | None, like: str | None) -> str | None:
    """Return the id that git gives to this content, by the hash that `like` was made with."""
    if content is None:
        return None
    data = b"blob %d\0%b" % (len(content), content)
    by = hashlib.sha256 if len(like or "") == 64 else hashlib.sha1
    return by(data).hexdigest()
