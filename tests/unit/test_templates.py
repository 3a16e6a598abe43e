"""Every template of a script: quoting cannot be forgotten, old bashes can read it, shellcheck has nothing to say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import World, sh, world

from rollback.model import Finding
from rollback.script import render, templating

__all__ = ["world"]
TEMPLATES = sorted(templating.TEMPLATES.glob("*.sh.j2"))
PLATFORMS = [
    path.name.removesuffix(".sh.j2") for path in TEMPLATES if not path.name.startswith("_")
]
SHARED = [templating.TEMPLATES / "cluster_lock.j2"]
each_template = pytest.mark.parametrize(
    "template", [*TEMPLATES, *SHARED], ids=lambda path: path.name
)

# what bash 3.2 (macOS) lacks, or does otherwise
NEWER = {
    "associative arrays": r"\b(?:declare|local|typeset|readonly)\s+-[a-zA-Z]*[AnluGg]", "mapfile": r"\b(?:mapfile|readarray|coproc)\b",
    "wait -n": r"\bwait\s+-[nfp]\b", "case by expansion": r"\$\{[^}]*[^}#%/:]([,^@])\1?[^}]*\}", "&>>": r"&>>|\|&",
    "printf %()T": r"printf[^\n]*%\(", "fd by name": r"exec\s+\{\w+\}", "[[ -v": r"\[\[\s+-v\b", "negative lengths": r"\$\{\w+:[^}]*:\s*-",
    "fractional read -t": r"\bread\b[^\n]*-t\s*\d*\.\d", "EPOCH*": r"\$\{?(?:EPOCH|BASHPID|SRANDOM|PIPESTATUS@)", ";& in case": r";;?&",
    "arrays (empty under set -u)": r"\$\{\w+\[[@*]\]\}",
}  # fmt: skip


def jinja(template: Path) -> list[str]:
    """Lines that Jinja reads."""
    return re.sub(
        r"\{% raw %\}.*?\{% endraw %\}", "", template.read_text(), flags=re.DOTALL
    ).splitlines()


def code(template: Path) -> list[str]:
    """Lines that bash reads, without comments."""
    return [re.sub(r"(^|\s)#(?!\}).*$", "", line) for line in template.read_text().splitlines()]


@each_template
def test_placeholders_are_words_never_inside_quotes(template: Path) -> None:
    for line in jinja(template):
        for before in re.findall(r"^(.*?)\{\{", line):
            assert before.count('"') % 2 == 0 and before.count("'") % 2 == 0, line


@each_template
def test_nothing_slips_past_the_quoting(template: Path) -> None:
    for line in jinja(template):
        for inside in re.findall(r"\{\{(.*?)\}\}", line):
            assert "~" not in inside and "%" not in inside and "+" not in inside, (
                "joining text by hand skips quoting: " + line
            )
            assert "comment" not in inside or re.match(r"\s*#", line), (
                "comment is for comment lines: " + line
            )


@each_template
def test_old_bashes_can_read_it(template: Path) -> None:
    found = [
        f"{name}: {line.strip()}"
        for name, pattern in NEWER.items()
        for line in code(template)
        if re.search(pattern, line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("line", [
    "declare -A x", "local -n y=$1", "mapfile -t a", "wait -n", "x=${y,,}", "x=${y^^}", "echo ${y@Q}", "a &>> b", "printf '%(%s)T'", "exec {fd}<x",
    "[[ -v x ]]", "${x:0:-1}", "read -t 0.1 x", 'f "${a[@]}"', "x=$EPOCHSECONDS",
])  # fmt: skip
def test_the_lint_for_old_bashes_bites(line: str) -> None:
    assert any(re.search(pattern, line) for pattern in NEWER.values())


PLAIN = [
    '${x:-"$y"}',
    '${x#"${x%%[![:space:]]*}"}',
    "$((a, b))",
    "${x: -1} ${y:-0}",
    "exec 9<>x",
    '${line//"$value"/***}',
    "x=${1-} y=${#z}",
]


@pytest.mark.parametrize("line", PLAIN)
def test_the_lint_for_old_bashes_lets_plain_code_pass(line: str) -> None:
    assert not [name for name, pattern in NEWER.items() if re.search(pattern, line)]


def test_no_filter_that_bypasses_the_quoting_is_left() -> None:
    assert not {"safe", "e", "escape", "forceescape", "tojson"} & set(
        templating.environment().filters
    )


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_platform_redefines_a_function_of_the_frame(platform: str) -> None:
    frame = "\n".join(path.read_text() for path in TEMPLATES if path.name.startswith("_"))
    ours = set(re.findall(r"^([a-z_][a-z0-9_]*)\(\)", frame, re.MULTILINE))
    assert "take_lock" in ours and not ours & templating.functions(templating.of_platform(platform))


@pytest.mark.programs
@pytest.mark.parametrize("verb", ["execute", "restore"])
@pytest.mark.parametrize("platform", [*PLATFORMS, "none"])
def test_shellcheck_has_nothing_to_say(world: World, platform: str, verb: str) -> None:
    plan = world.plan("a", "b", platform=platform, protected=True)
    steps = (
        *plan.steps,
        world.step(
            "a", 0, id="last", undo=None, irreversible=True, do=sh("true && echo 'x' \"$HOME\"")
        ),
    )
    text = render.text(
        replace(plan, steps=steps, findings=(Finding("warning", "x", "y z"),)), world.project, verb
    )  # type: ignore[arg-type]
    script = world.root / "script.sh"
    script.write_text(text)
    checker = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run(
        [str(checker) if checker.exists() else "shellcheck", str(script)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
