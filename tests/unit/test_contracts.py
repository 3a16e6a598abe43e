"""What adapters and errors promise, checked by the type checker and by looking; the lists come from the folders."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rollback import errors
from rollback.backups import services
from rollback.cli import EXIT_CODES
from rollback.contracts import Change, Detector, Platform, rolls_back
from rollback.migrations import migrations
from rollback.platforms import platforms
from rollback.rehearsal import rehearsals

SCRIPTS = Path(__file__).parents[2] / "scripts"
HOMES = {
    "migrations": "database_contracts",
    "engines": "database_contracts",
    "rehearsal": "rehearsal",
    "backups": "backups",
}
DETECTORS_ONLY: tuple[str, ...] = ()  # recognised, not yet rolled back
PLATFORMS = tuple(id for id in platforms.ids if id not in DETECTORS_ONLY)


def checked(
    tmp_path, protocol: str, folder: str, ids: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    names = ", ".join(id.replace("-", "_") for id in ids)
    return type_check(
        tmp_path,
        f"from rollback.{HOMES.get(folder, 'contracts')} import {protocol}\n"
        f"from rollback.{folder} import {names}\n"
        f"adapters: list[{protocol}] = [{names}]\n",
    )


def type_check(tmp_path, text: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "checked.py"
    file.write_text(text)
    cache = str(Path(tempfile.gettempdir()) / "deployment-rollback-mypy")
    words = ["mypy", "--strict", "--follow-imports=silent", "--cache-dir", cache, str(file)]
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )


@pytest.mark.programs
@pytest.mark.parametrize(
    ("protocol", "folder", "ids"),
    [
        ("Detector", "platforms", tuple(platforms.ids)),
        ("Platform", "platforms", PLATFORMS),
        ("MigrationTool", "migrations", tuple(migrations.ids)),
        ("Player", "rehearsal", tuple(rehearsals.ids)),
        ("Service", "backups", tuple(services.ids)),
    ],
    ids=[
        "every platform detects",
        "every platform that can be rolled back",
        "every migration tool",
        "every engine that tries migrations",
        "every service that keeps backups",
    ],
)
def test_every_adapter_satisfies_its_protocol(protocol, folder, ids, tmp_path):
    done = checked(tmp_path, protocol, folder, ids)
    assert done.returncode == 0, done.stdout


@pytest.mark.programs
def test_a_detector_alone_is_no_platform(tmp_path):
    text = (
        "from rollback.contracts import Platform\n"
        "from rollback.migrations import dbmate\n"
        "adapters: list[Platform] = [dbmate]\n"
    )
    assert type_check(tmp_path, text).returncode == 1


def test_the_platforms_that_can_be_rolled_back_are_these():
    assert tuple(id for id, module in platforms if rolls_back(module)) == PLATFORMS


ORDER = [
    "TITLE",
    "MARKERS",
    "TOOL",
    "OPTIONS",
    "SETTINGS",
    "detect",
    "targets",
    "releases",
    "bare",
    "look_up",
    "moves",
    "preflight",
    "snapshot",
    "guards",
    "locks",
    "steps",
    "checks",
    "prepare",
    "inside",
    "database_client",
    "logs",
    "config",
    "older_config",
    "standing",
    "watch",
]


def bound(statement: ast.stmt) -> list[str]:
    """The Protocol's names that one statement of an adapter's file brings."""
    if isinstance(statement, ast.ImportFrom):
        names = [alias.asname or alias.name for alias in statement.names]
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        names = [
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
    else:
        names = [getattr(statement, "name", "")]
    return sorted((name for name in names if name in ORDER), key=ORDER.index)


def test_the_order_names_every_member_of_the_protocols():
    members = [name for base in (Detector, Change, Platform) for name in vars(base)]
    assert sorted(name for name in members if not name.startswith("_")) == sorted(ORDER)


MISTAKES = {
    "a misspelt member": "source.platform.stepz(moves)",
    "a misspelt constant": "source.platform.OPTION",
    "a missing argument": "source.platform.checks(moves)",
    "an argument of another kind": "source.platform.steps(source.shell)",
    "an answer that is something else": "count: int = source.platform.guards(moves)",
    "a member that not every entry of a registry has": "platforms['helm'].steps(moves)",
}


@pytest.mark.programs
@pytest.mark.parametrize("line", MISTAKES.values(), ids=MISTAKES)
def test_the_type_checker_refuses_a_wrong_call_of_an_adapter(line, tmp_path):
    assert mistyped(tmp_path, line).returncode == 1


@pytest.mark.programs
def test_the_type_checker_accepts_the_right_calls(tmp_path):
    done = mistyped(tmp_path, "source.platform.steps(moves)", "platforms['helm'].TITLE")
    assert done.returncode == 0, done.stdout


def mistyped(tmp_path, *lines: str) -> subprocess.CompletedProcess[str]:
    """What mypy says of these lines in a function that has a source and moves."""
    body = "".join(f"    {line}\n" for line in lines)
    text = (
        "from collections.abc import Sequence\n"
        "from rollback.flow.site import Source\n"
        "from rollback.model import Move\n"
        "from rollback.platforms import platforms\n"
        f"def act(source: Source, moves: Sequence[Move]) -> None:\n{body}"
    )
    return type_check(tmp_path, text)


@pytest.mark.parametrize(
    ("folder", "id"),
    [("platforms", id) for id in platforms.ids] + [("migrations", id) for id in migrations.ids],
)
def test_an_adapter_shows_its_members_in_the_order_of_the_protocol(folder, id):
    """Who has read one file knows all of them. (A folder's table of contents is sorted by the linter.)"""
    file = SCRIPTS / "rollback" / folder / f"{id.replace('-', '_')}.py"
    if not file.exists():
        file = file.with_suffix("") / "__init__.py"
    order = ORDER if id in PLATFORMS else ["TITLE", "MARKERS", "detect"]
    names = [
        name
        for statement in ast.parse(file.read_text(encoding="utf-8")).body
        for name in bound(statement)
        if name in order
    ]
    assert set(names) == set(order)
    assert file.name == "__init__.py" or names == order


@pytest.mark.parametrize("id", PLATFORMS)
def test_a_platform_has_its_functions(id):
    functions = SCRIPTS.parent / "templates" / "functions"
    assert (functions / f"{id.replace('-', '_')}.sh").is_file()


@pytest.mark.parametrize("id", PLATFORMS)
def test_a_platform_has_recorded_cases_of_the_real_thing(id):
    cases = json.loads(
        (Path(__file__).parents[1] / "cases" / "platforms" / f"{id}.json").read_text(
            encoding="utf-8"
        )
    )
    assert len({case["case"] for case in cases}) >= 2 and all(case["releases"] for case in cases)


def every_error() -> list[type[errors.RollbackError]]:
    return [errors.RollbackError, *errors.RollbackError.__subclasses__()]


def test_each_kind_of_ending_has_an_exit_code_of_its_own():
    codes = [error.exit_code for error in every_error()]
    assert len(codes) == len(set(codes))
    of_a_run = [0, 5, 7, 8, 11]  # how a run that was begun ended, told by its outcome: no error
    assert sorted([*of_a_run, *codes]) == sorted(EXIT_CODES)


def test_every_way_to_stop_stands_in_one_file():
    """No other file defines an error, so none can invent an exit code."""
    defined = [
        path.name
        for path in SCRIPTS.rglob("*.py")
        if re.search(r"class \w+\(.*(Error|Exception)\)", path.read_text(encoding="utf-8"))
    ]
    assert defined == ["errors.py"]


@pytest.mark.parametrize("id", platforms.ids)
def test_an_adapter_with_moves_rolls_back_and_no_other(id: str) -> None:
    assert platforms.has(id, "moves") == rolls_back(platforms[id])
