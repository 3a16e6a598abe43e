"""What README, CONTRIBUTING and CHANGELOG promise is what the project holds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_present import NEXT, plan, shown

from rollback import VERSION
from rollback.contracts import rolls_back
from rollback.flow import FLOW
from rollback.migrations import migrations
from rollback.model import FORWARD
from rollback.platforms import platforms
from rollback.script import question

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
REFERENCES = (ROOT / "references").glob("*.md")


def test_the_platform_table_is_the_registry():
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (rolls back|recognised)", README, re.M))
    able = {id: "rolls back" if rolls_back(module) else "recognised" for id, module in platforms}
    assert rows == able


def test_the_settings_it_shows_are_valid():
    from rollback.settings import load

    shown = README.partition("```yaml\n")[2].partition("```")[0]
    production, staging = load.parse(shown.encode(), "README").environments.values()
    assert production.groups["release-folders"].path == "/srv/shop"
    assert [(one.name, one.after) for one in staging.components] == [
        ("api", ()),
        ("web", ("api",)),
    ]


def test_every_migration_tool_is_named():
    assert {id for id in migrations.ids if f"`{id}`" not in README} == set()


def test_the_exit_codes_are_those_of_the_scripts():
    from rollback.cli import EXIT_CODES

    assert [int(code) for code in re.findall(r"^\| (\d+) \| ", README, re.M)] == sorted(EXIT_CODES)


def test_the_flow_is_described_in_order():
    assert " → ".join(FLOW) in README


DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"references/{path.name}" for path in REFERENCES),
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_is_named_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(
        re.findall(
            r"`((?:scripts|tests|templates|installer|demo|references|cache|\.ci)/[\w./-]*\w)`", text
        )
    )
    linked = set(re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text))
    here = (ROOT / name).parent
    there = {path: ROOT / path for path in named} | {path: here / path for path in linked}
    assert {path for path, file in there.items() if not file.exists()} == set()


def test_every_law_names_tests_that_exist():
    table = dict(re.findall(r"^\| (\d+)\. [^|]+ \| (.+) \|$", CONTRIBUTING, re.M))
    assert sorted(map(int, table)) == list(range(1, 11))
    every = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    named = {test for tests in table.values() for test in re.findall(r"`(test_\w+)`", tests)}
    assert {test for test in named if f"def {test}(" not in every} == set()
    assert all("`test_" in tests for tests in table.values())


def test_the_recipes_name_every_member_of_the_protocols():
    from rollback import contracts, database_contracts

    for protocol in (
        contracts.Detector,
        contracts.Change,
        contracts.Platform,
        database_contracts.MigrationTool,
        database_contracts.Engine,
    ):
        members = [name for name in vars(protocol) if not name.startswith("_")]
        assert [name for name in members if f"`{name}" not in CONTRIBUTING] == []


@pytest.mark.programs
def test_the_ci_example_uses_options_that_exist():
    import yaml

    jobs = yaml.safe_load((ROOT / "references" / "ci-example.yml").read_text(encoding="utf-8"))[
        "jobs"
    ]
    lines = [
        line
        for job in jobs.values()
        for step in job["steps"]
        for line in step.get("run", "").splitlines()
        if "/scripts/" in line
    ]
    assert [re.findall(r"scripts/(\w+)\.py", line) for line in lines] == [["plan"], ["execute"]]
    for line in lines:
        script = re.findall(r"scripts/\w+\.py", line)[0]
        shown = subprocess.run(
            [sys.executable, ROOT / script, "--help"], capture_output=True, text=True
        ).stdout
        assert set(re.findall(r" (--[a-z-]+)", line)) <= set(re.findall(r"--[a-z-]+", shown))


def test_the_decision_matrix_uses_the_words_that_a_plan_shows():
    """Before a rollback a check that may still pass is reported as unhealthy, never as waiting."""
    matrix = (ROOT / "references" / "decision-matrix.md").read_text(encoding="utf-8")
    assert "`live for`" in matrix and "live for 25 min" in shown()
    assert "waiting" not in matrix


@pytest.mark.parametrize(
    ("id", "limit"),
    [
        ("release-folders", "Deployer did not run, its files were imitated"),
        ("kubernetes", "their controllers did not run"),
        ("helm", "its controller did not run"),
    ],
)  # fmt: skip
def test_a_row_names_what_did_not_run_when_it_was_proven(id, limit):
    assert limit in next(row for row in README.splitlines() if row.startswith(f"| `{id}` |"))


def test_the_one_place_with_values_in_the_clear_is_named():
    text = " ".join(README.split())
    assert (
        "`state/` of a run folder (0700, files 0600) holds Kubernetes templates and Compose files as they are"
        in text
    )


def labels(text: str) -> list[str]:
    """What each line is about: its words before the colon without numbers, else its first word.

    Blank lines and what was wrapped are left out: they are the terminal's.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith(" ")]
    return [
        re.split(r" \d+|:(?: |$)", line)[0] if re.search(r":(?: |$)", line) else line.split()[0]
        for line in lines
    ]


def test_the_picture_of_a_run_is_what_the_commands_print():
    """Its lines are those of a plan and a question of today, in their order. Make it anew: tests/bench/transcript.py --write."""
    picture = README.partition("```console\n")[2].partition("\n```")[0]
    planned, executed = (part.partition("\n")[2] for part in picture.split("$ python3 ")[1:])
    assert labels(planned.strip()) == labels(shown(NEXT, findings=()))
    asked = question.text(FORWARD, plan(findings=()))
    seen = labels(executed.partition("\nrun: ")[0])
    seen.remove("reason")  # added when it is asked: approval/asked.py
    assert seen == labels(asked)
    assert "\nType ROLLBACK PRODUCTION to roll back production: ROLLBACK PRODUCTION\n" in executed


def test_the_newest_entry_of_the_changelog_is_this_version():
    assert (
        re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[0]
        == VERSION
    )
