"""Variables that name files relative to the folder of whoever planned: a script runs elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import World, sh, world

from rollback.model import Command
from rollback.shell import Shell, absolute_paths

__all__ = ["world"]
pytestmark = pytest.mark.programs


def planned(world: World, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A plan made in the project while KUBECONFIG had this value."""
    for name in ("one.yaml", "with blank.yaml"):
        (world.project / name).write_text("")
    monkeypatch.chdir(world.project)
    monkeypatch.setenv("KUBECONFIG", value)
    show = sh('printf %s "$KUBECONFIG" >"$1/seen"; echo v1 >"$1/a.release"', str(world.project))
    world.save(world.plan("a", steps=[world.step("a", do=show)]))


def test_a_script_finds_the_files_of_the_plan_from_anywhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "one.yaml:with blank.yaml:/etc/none"
    planned(world, monkeypatch, value)
    absolute = f"{world.project}/one.yaml:{world.project}/with blank.yaml:/etc/none"
    for given in ({"KUBECONFIG": value}, {}):
        world.file("a").write_text("v2\n")
        exit, said = world.do(**given)
        assert exit == 0, said
        assert (world.project / "seen").read_text() == absolute
        (world.run / "journal.jsonl").unlink()


def test_absolute_paths_of_the_caller_hold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(world, monkeypatch, "one.yaml")
    assert world.do(KUBECONFIG="/srv/other.yaml")[0] == 0
    assert (world.project / "seen").read_text() == "/srv/other.yaml"


def test_a_script_of_a_plan_with_absolute_paths_names_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(world, monkeypatch, str(world.project / "one.yaml"))
    assert "planned_path" not in (world.run / "rollback.sh").read_text()


def test_only_files_that_exist_are_made_absolute_and_the_working_directory_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, project = tmp_path / "here", tmp_path / "project"
    for folder, names in ((here, ["both", "config"]), (project, ["both", "config", "only"])):
        folder.mkdir()
        for name in names:
            (folder / name).write_text("")
    monkeypatch.chdir(here)
    for name, value in {
        "KUBECONFIG": "both:only:nowhere", "AWS_CONFIG_FILE": "config", "AWS_PROFILE": "config", "SOME_DIR": "nowhere",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    found = absolute_paths(project)
    assert found == {
        "KUBECONFIG": f"{here}/both:{project}/only:nowhere",
        "AWS_CONFIG_FILE": f"{here}/config",
    }


def test_programs_that_read_get_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/kube.yaml").write_text("")
    monkeypatch.chdir(tmp_path / "sub")
    monkeypatch.setenv("KUBECONFIG", "kube.yaml")
    seen = Shell(tmp_path).read(Command(("printenv", "KUBECONFIG"))).strip()
    assert seen == str(tmp_path / "sub/kube.yaml")
