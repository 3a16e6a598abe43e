"""--no-inline-values: a template's values lie in no file of a run and stand in no list of processes, and it goes there and back all the same."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from cluster import CACHE, Namespace, shop
from skill import Project

OPTION = "--no-inline-values"
VALUE = "hunter2<&>'\"`$(x)"


class Watching:
    """A kubectl for a project's PATH that looks, before and after each call, for the value in the project's files and in the list of processes."""

    def __init__(self, folder: Path, project: Project) -> None:
        folder.mkdir()
        self._seen, root, end = folder / "seen", shlex.quote(str(project.root)), f">>{shlex.quote(str(folder / 'seen'))} 2>/dev/null"
        look = f"grep -rl 'hunter[2]' {root} /proc/[0-9]*/cmdline {end}\n"
        (folder / "kubectl").write_text(f"#!/bin/bash\n{look}'{CACHE}/kubectl' \"$@\"\nstatus=$?\necho called {end}\n{look}exit $status\n")
        (folder / "kubectl").chmod(0o755)
        project.environment["PATH"] = f"{folder}:{project.environment['PATH']}"

    def lines(self) -> set[str]:
        return set(self._seen.read_text().splitlines())


def release(number: int, kind: str = "Deployment", name: str = "web", **more: object) -> dict[str, object]:
    """The value stands in every release, a bit different in each."""
    return shop(kind, name, image=f"v{number}", container={"env": [{"name": "DB_PASSWORD", "value": f"{VALUE}{number}"}]}, **more)


def files_with_it(folder: str) -> list[str]:
    return [file.name for file in Path(folder).rglob("*") if file.is_file() and b"hunter2" in file.read_bytes()]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_no_value_is_written_or_shown_on_the_way_there_and_back(space: Namespace, project: Project, kind: str, tmp_path: Path) -> None:
    project.configure(namespace=space.name, workloads=["web"])
    key = f"{kind.lower()}/web"
    for number in (1, 2):
        space.apply(release(number, kind))
        space.settled(key)
    without = project.plan("1", "--dry-run")
    assert sorted(files_with_it(without["run"])) == [f"{kind.lower()}.web.patch.json", f"{kind.lower()}.web.undo.json"]
    for file in Path(without["run"]).glob("state/*"):
        file.unlink()

    watching = Watching(tmp_path / "watching", project)
    plan = project.plan("previous", OPTION)
    assert (plan["verdict"], {"way-back-in-history", "inline-values"} & set(plan.codes)) == ("ready", {"way-back-in-history"}), plan["findings"]
    done = project.execute(plan)
    assert (done.exit, done["targets"][0]["state"], space.image(key), space.serving()) == (0, "rolled-back", "v1", {"v1"}), done.text
    assert project.execute(plan)["outcome"] == "already"
    back = project.restore(plan)
    assert (back.exit, back["outcome"], space.image(key)) == (0, "restored", "v2"), back.text
    assert (watching.lines(), files_with_it(str(tmp_path))) == ({"called"}, [])
