"""SKILL.md: its fields follow the open standard where it has them, its rules open the reading scripts only, and what it names is there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from rollback import VERSION
from rollback.approval import ours
from rollback.commands.words import WHOLE

ROOT = Path(__file__).parents[2]
SKILL = (ROOT / "SKILL.md").read_text(encoding="utf-8")
FIELDS = yaml.safe_load(SKILL.split("---\n")[1])
BODY = SKILL.split("\n---\n", 1)[1]
STANDARD = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}
CLIENT = {
    "argument-hint",
    "disable-model-invocation",
    "hooks",
}  # beyond the open standard; references/claude-code.md names them
READING = ("plan", "detect", "history", "health", "summary")
VERDICTS = ("ready", "already", "blocked", "choose", "dry-run")


def test_the_body_fits_its_budget():
    assert len(BODY) <= 2800


def test_the_fields_of_the_open_standard_follow_its_rules():
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", FIELDS["name"]) and len(FIELDS["name"]) <= 64
    assert 0 < len(FIELDS["description"]) <= 1024 and not re.search("[<>]", FIELDS["description"])
    assert 0 < len(FIELDS["compatibility"]) <= 500
    assert FIELDS["license"] == "MIT"


def test_every_field_is_known_to_the_standard_or_is_a_documented_one_of_the_client():
    assert set(FIELDS) - STANDARD == CLIENT
    documented = (ROOT / "references/claude-code.md").read_text(encoding="utf-8")
    assert [name for name in CLIENT if f"`{name}`" not in documented] == []


def test_only_a_person_starts_it():
    assert FIELDS["disable-model-invocation"] is True


def test_the_reading_scripts_are_allowed_by_their_exact_path_and_nothing_else():
    forms = (
        'Bash(python3 "${{CLAUDE_SKILL_DIR}}/scripts/{}.py" *)',
        "Bash(python3 ${{CLAUDE_SKILL_DIR}}/scripts/{}.py *)",
    )
    assert FIELDS["allowed-tools"] == [form.format(name) for name in READING for form in forms]
    assert [name for name in READING if not (ROOT / f"scripts/{name}.py").is_file()] == []


def test_the_hook_runs_before_every_tool_and_a_crash_is_a_no():
    (before,), (typed,) = FIELDS["hooks"]["PreToolUse"], FIELDS["hooks"]["UserPromptSubmit"]
    assert before["matcher"] == "*"
    commands = {hook["command"] for entry in (before, typed) for hook in entry["hooks"]}
    assert commands == {'python3 "${CLAUDE_PLUGIN_ROOT}/scripts/approve.py" || exit 2'}


def test_the_hook_runs_when_a_turn_ends_and_never_keeps_it_from_ending():
    """Exit 2 there would send the model on."""
    (ended,) = FIELDS["hooks"]["Stop"]
    assert [hook["command"] for hook in ended["hooks"]] == [
        'python3 "${CLAUDE_PLUGIN_ROOT}/scripts/approve.py" || exit 1'
    ]


def test_hooks_stand_in_one_place_only():
    """Two would mint two keys and ask twice."""
    assert not (ROOT / "hooks").exists()
    assert not {"hooks", "skills", "commands"} & set(
        json.loads((ROOT / ".claude-plugin/plugin.json").read_text())
    )


def test_arguments_reach_the_plan_through_a_quoted_document_with_a_last_line():
    block = re.search(r"```!\n(.*?)\n```", BODY, re.S)[1].splitlines()
    assert block[0].startswith('python3 "${CLAUDE_SKILL_DIR}/scripts/plan.py" --args-stdin <<\'')
    end = shlex.split(block[0].rpartition("<<")[2])[0]
    assert block[1:] == ["$ARGUMENTS", WHOLE, end]
    assert SKILL.count("$ARGUMENTS") == 1
    assert re.search(r"[0-9a-f]{8}$", end), "nobody types this by chance"


def test_every_verdict_of_a_plan_has_its_line():
    assert [verdict for verdict in VERDICTS if f"**plan: {verdict}**" not in BODY] == []
    assert all(f"**{word}:**" in BODY for word in ("history", "restore", "status"))


def test_the_phrase_is_the_one_that_is_asked_for():
    assert f"`{ours.PHRASE}`" in BODY


def test_what_only_a_person_decides_is_never_added():
    never = BODY.rpartition("Never:")[2]
    assert [word for word in ("--with-db", "--full", "--accept-") if word not in never] == []


def test_every_file_that_is_named_exists_and_every_reference_is_named():
    named = set(re.findall(r"`([\w-]+\.md)`", BODY))
    there = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "references").glob("*.md")
    }
    linked = {link for name in named for link in re.findall(r"\]\(([\w-]+\.md)\)", there[name])}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for_people = set(re.findall(r"\]\(references/([\w-]+\.md)\)", readme))
    assert named | linked | for_people == set(there)
    assert {
        f"scripts/{name}"
        for name in re.findall(r"scripts/(\w+\.py)", SKILL)
        if not (ROOT / "scripts" / name).is_file()
    } == set()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "references").glob("*.md")), ids=lambda path: path.name
)
def test_a_reference_is_short_and_names_only_what_exists(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) <= 6000
    named = set(re.findall(r"(?:[\w.-]+/)*\w+\.py\b", text)) - {"x.py"}
    files = {name: ROOT / (name if "/" in name else f"scripts/{name}") for name in named}
    assert {name for name, file in files.items() if not file.is_file()} == set()
    code = [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "installer").rglob("*.py")]
    every = "\n".join(file.read_text(encoding="utf-8") for file in (*code, ROOT / "install.sh"))
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert [option for option in options if not is_named(option, every)] == []


def is_named(option: str, code: str) -> bool:
    """By click's name, by its variable, or as a switch that an adapter declares."""
    name = option[2:]
    forms = (f'"{option}', name.replace("-", "_"), f'"{name}"')
    return any(form in code for form in forms)


def test_the_plugin_is_this_skill_in_this_version():
    plugin = json.loads((ROOT / ".claude-plugin/plugin.json").read_text())
    market = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text())
    assert (plugin["name"], plugin["version"]) == (FIELDS["name"], VERSION)
    assert [(one["name"], one["source"]) for one in market["plugins"]] == [(FIELDS["name"], "./")]
