"""What adapters declare for people: their settings keys and their options, readable without importing the adapter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import Struct

from rollback.contracts import rolls_back
from rollback.platforms import platforms
from rollback.registry import Registry
from rollback.settings import groups
from rollback.settings.switches import switches

SCRIPTS = Path(__file__).parents[2] / "scripts"
DECLARING = [id for id in platforms.ids if hasattr(platforms.settings(id), "SETTINGS")]


def test_every_platform_that_can_be_rolled_back_declares_its_keys() -> None:
    assert {id for id, module in platforms if rolls_back(module)} <= {*DECLARING}
    assert len(DECLARING) >= 4


@pytest.mark.parametrize("id", DECLARING)
def test_the_adapter_has_what_its_settings_file_declares(id: str) -> None:
    keys = groups.all_keys()[id]
    assert issubclass(keys, Struct)
    assert keys() == keys(), "every key has a default"
    assert platforms[id].SETTINGS is keys  # type: ignore[attr-defined]
    declared = getattr(platforms.settings(id), "OPTIONS", {})
    assert getattr(platforms[id], "OPTIONS", {}) == declared


def test_the_switches_of_plan_are_those_that_adapters_declare() -> None:
    declared = {name for _, module in platforms for name in getattr(module, "OPTIONS", ())}
    assert declared == {*switches()} == {"suspend-owner", "no-cluster-lock", "no-inline-values"}


@pytest.mark.parametrize("name", switches())
def test_the_help_of_a_switch_says_which_platforms_carry_it_out_and_how(name: str) -> None:
    text = switches()[name]
    able = {id: getattr(module, "OPTIONS", {}).get(name) for id, module in platforms}
    assert {id for id in platforms.ids if id in text} == {id for id in able if able[id]}
    assert all(words in text for words in able.values() if words)


@pytest.mark.programs
def test_reading_settings_imports_no_folder_of_an_adapter() -> None:
    """An adapter in one file is imported whole: it has nothing smaller."""
    code = (
        "import sys; from rollback.settings import load; from rollback.settings.switches import switches;"
        "load.parse(b'environments: {a: {helm: {namespace: x}}, b: {path: /srv}}', 's'); switches();"
        "print(*sorted(name for name in sys.modules if name.startswith('rollback.platforms.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == sorted(map(declaring_module, DECLARING)), done.stderr


def declaring_module(id: str) -> str:
    name = id.replace("-", "_")
    in_folder = (SCRIPTS / "rollback" / "platforms" / name).is_dir()
    return f"rollback.platforms.{name}" + (".settings" if in_folder else "")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[ModuleType]:
    """Adapters in files of their own: `plain` and `small` in one file each, `large` and `bare` in folders."""
    package = tmp_path / "adapters_of_a_test"
    for folder in ("large", "bare"):
        (package / folder).mkdir(parents=True)
        (package / folder / "__init__.py").write_text("raise ImportError('too slow')\n")
    (package / "__init__.py").touch()
    (package / "large" / "settings.py").write_text("SETTINGS = 'large'\n")
    (package / "small.py").write_text("SETTINGS = 'small'\n")
    (package / "plain.py").write_text("raise ImportError('too slow')\nMY_SETTINGS = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return Registry(package.name, [str(package)])


def test_an_adapter_declares_beside_itself_or_in_its_only_file(
    registry: Registry[ModuleType],
) -> None:
    found = {id: getattr(registry.settings(id), "SETTINGS", None) for id in registry.ids}
    assert found == {"bare": None, "large": "large", "plain": None, "small": "small"}
