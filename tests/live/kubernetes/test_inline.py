"""--no-inline-values: a template's values lie in no file of a run and stand in no list of processes, and it goes there and back all the same."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cluster import CACHE, Namespace, shop
from helm_shop import Helm, config
from skill import Project

OPTION = "--no-inline-values"
VALUE = "zebra7<&>'\"`$(x)"
KINDS = {
    "a": "Deployment",
    "b": "StatefulSet",
    "c": "DaemonSet",
    "d": "Deployment",
    "e": "StatefulSet",
}


class Watching:
    """A kubectl for a project's PATH that looks, before and after each call, for the value in the project's files and in the list of processes."""

    def __init__(self, folder: Path, project: Project) -> None:
        folder.mkdir()
        self._seen, root, end = (
            folder / "seen",
            shlex.quote(str(project.root)),
            f">>{shlex.quote(str(folder / 'seen'))} 2>/dev/null",
        )
        look = f"grep -rl 'zebra[7]' {root} /proc/[0-9]*/cmdline {end}\n"
        (folder / "kubectl").write_text(
            f"#!/bin/bash\n{look}'{CACHE}/kubectl' \"$@\"\nstatus=$?\necho called {end}\n{look}exit $status\n"
        )
        (folder / "kubectl").chmod(0o755)
        project.environment["PATH"] = f"{folder}:{project.environment['PATH']}"

    def lines(self) -> set[str]:
        return set(self._seen.read_text().splitlines())


def release(
    number: int, kind: str = "Deployment", name: str = "web", replicas: int = 0
) -> dict[str, Any]:
    """The value stands in every release, a bit different in each."""
    return shop(
        kind,
        name,
        replicas,
        f"v{number}",
        container={"env": [{"name": "DB_PASSWORD", "value": f"{VALUE}{number}"}]},
    )


def deployed(space: Namespace, number: int, names: str) -> None:
    """One after the other, in waves of two."""
    for at, name in enumerate(names):
        one = release(number, KINDS[name], name)
        one["metadata"]["annotations"] = {
            "argocd.argoproj.io/sync-wave": str(at // 2),
            "kubernetes.io/change-cause": f"v{number}",
        }
        space.apply(one)
    for name in names:
        space.settled(key(name))


def key(name: str) -> str:
    return f"{KINDS[name].lower()}/{name}"


def files_with_it(folder: str | Path) -> list[str]:
    return sorted(
        file.name
        for file in Path(folder).rglob("*")
        if file.is_file() and b"zebra7" in file.read_bytes()
    )


@pytest.mark.parametrize("names", ["abc", "abcde"])
def test_no_value_is_written_or_shown_on_the_way_there_and_back(
    space: Namespace, project: Project, names: str, tmp_path: Path
) -> None:
    """Three are a step each, five a step for each wave."""
    project.configure(namespace=space.name, workloads=list(names))
    deployed(space, 1, names)
    deployed(space, 2, names)
    watching = Watching(tmp_path / "watching", project)
    plan = project.plan("previous", OPTION)
    assert (plan["verdict"], {"way-back-in-history", "inline-values"} & set(plan.codes)) == (
        "ready",
        {"way-back-in-history"},
    ), plan["findings"]
    done = project.execute(plan)
    assert (
        {one["state"] for one in done["targets"]},
        {space.image(key(name)) for name in names},
    ) == ({"rolled-back"}, {"v1"}), done.text
    assert project.execute(plan)["outcome"] == "already"
    back = project.restore(plan)
    assert (back["outcome"], {space.image(key(name)) for name in names}) == ("restored", {"v2"}), (
        back.text
    )
    assert (watching.lines(), files_with_it(tmp_path)) == ({"called"}, [])


def test_what_looks_for_the_value_finds_it(
    space: Namespace, project: Project, tmp_path: Path
) -> None:
    """Without the option the patches hold it."""
    project.configure(namespace=space.name, workloads=["a"])
    deployed(space, 1, "a")
    deployed(space, 2, "a")
    watching = Watching(tmp_path / "watching", project)
    plan = project.plan()
    assert files_with_it(tmp_path) == ["deployment.a.patch.json", "deployment.a.undo.json"]
    assert project.execute(plan)["outcome"] == "done"
    assert any(line.endswith("/deployment.a.patch.json") for line in watching.lines())


def test_of_a_helm_release_no_value_is_written_or_shown_either(
    helm: Helm, releases: Callable[..., Project], tmp_path: Path
) -> None:
    project = releases(helm)
    for number in (1, 2):
        helm.deploy(release(number), config(key=f"{VALUE}{number}"))
    watching = Watching(tmp_path / "watching", project)
    plan = project.plan("previous", OPTION)
    assert [project.execute(plan)["outcome"], project.restore(plan)["outcome"]] == [
        "done",
        "restored",
    ]
    assert (watching.lines(), files_with_it(project.root)) == ({"called"}, [])
