"""Everything that becomes part of a script: quoting cannot be forgotten, old bashes can read it, shellcheck has nothing to say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import World, sh, with_app, world

from rollback.model import DIRECTIONS, Command, Finding, Lock, Verb
from rollback.script import functions, templating

__all__ = ["world"]
RUNNER = templating.TEMPLATES / templating.RUNNER
SCRIPT = templating.TEMPLATES / templating.SCRIPT
FUNCTIONS = sorted([*functions.FOLDER.glob("*.sh"), *functions.LIBRARIES.glob("*.sh")])
PROGRAMS = ("aws", "docker", "helm", "kubectl")  # what the functions start by a variable
each_file = pytest.mark.parametrize(
    "file", [RUNNER, SCRIPT, *FUNCTIONS], ids=lambda path: path.name
)

# what bash 3.2 (macOS) lacks, or does otherwise
NEWER = {
    "associative arrays": r"\b(?:declare|local|typeset|readonly)\s+-[a-zA-Z]*[AnluGg]", "mapfile": r"\b(?:mapfile|readarray|coproc)\b",
    "wait -n": r"\bwait\s+-[nfp]\b", "case by expansion": r"\$\{!?\w+(?:\[[^]]*\])?(?:[,^]|@\w)", "&>>": r"&>>|\|&",
    "printf %()T": r"printf[^\n]*%\(", "fd by name": r"exec\s+\{\w+\}", "[[ -v": r"\[\[\s+-v\b", "negative lengths": r"\$\{\w+:[^}]*:\s*-",
    "fractional read -t": r"\bread\b[^\n]*-t\s*\d*\.\d", "EPOCH*": r"\$\{?(?:EPOCH|BASHPID|SRANDOM|PIPESTATUS@)", ";& in case": r";;?&",
    "arrays (empty under set -u)": r"\$\{\w+\[[@*]\]\}",
}  # fmt: skip


def code(template: Path) -> list[str]:
    """Lines that bash reads, without comments."""
    return [re.sub(r"(^|\s)#(?!\}).*$", "", line) for line in template.read_text().splitlines()]


def test_placeholders_are_words_never_inside_quotes() -> None:
    for line in SCRIPT.read_text().splitlines():
        for before in re.findall(r"^(.*?)\{\{", line):
            assert before.count('"') % 2 == 0 and before.count("'") % 2 == 0, line


def test_nothing_slips_past_the_quoting() -> None:
    for line in SCRIPT.read_text().splitlines():
        for inside in re.findall(r"\{\{(.*?)\}\}", line):
            assert not set("~%+") & set(inside), "joining text by hand skips quoting: " + line
            assert ("comment" in inside) is (line[0] == "#" and "|" in inside), line


@each_file
def test_old_bashes_can_read_it(file: Path) -> None:
    found = [
        f"{name}: {line.strip()}"
        for name, pattern in NEWER.items()
        for line in code(file)
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


def lines_given_to_awk(file: Path) -> set[str]:
    """Variables that the functions read line by line and give to `awk -v`: an awk of macOS refuses line breaks."""
    text = "\n".join(code(file))
    read_by_line = re.findall(r'(?:<<<|printf \'%s\\n\' )"\$(\w+)"(?! "\$)', text)
    options = " ".join(re.findall(r"""\bawk((?: -F '[^']*'| -v \w+="[^"]*")+)""", text))
    return set(read_by_line) & set(re.findall(r'="\$\{?(\w+)', options))


@each_file
def test_awk_gets_no_variable_of_several_lines(file: Path) -> None:
    assert lines_given_to_awk(file) == set()


def test_the_lint_for_lines_in_awk_bites(tmp_path: Path) -> None:
    file = tmp_path / "x.sh"
    file.write_text("""f() { grep a <<<"$sets"; awk -v sets="$sets" 'sets' <<<"$rows"; }\n""")
    assert lines_given_to_awk(file) == {"sets"}


def test_no_filter_that_bypasses_the_quoting_is_left() -> None:
    assert not {"safe", "e", "escape", "forceescape", "tojson"} & set(
        templating.environment().filters
    )


def test_option_of_a_long_command_stays_on_the_line_of_its_value() -> None:
    values = {name: name * 30 for name in "abcdefg"} | {"options": "--wait --timeout=40s"}
    words = [word for name, value in values.items() for word in (f"--{name}", value)]
    text = str(templating.body(["roll_back", *words])).replace("'", "")
    assert text.count("\n") > 3
    assert all(f"--{name} {value}" in text for name, value in values.items())


def test_names_of_functions_are_unique_in_a_script() -> None:
    names = [name for file in FUNCTIONS for name in functions.parse(file.read_text())]
    runner = functions.parse(RUNNER.read_text())
    assert {"run", "guard", "take_project_lock"} <= runner.keys()
    assert sorted([*names, *runner]) == sorted({*names, *runner})


def test_no_function_looks_like_that_of_a_guard_a_lock_or_a_step() -> None:
    known = [*functions.known(), *functions.parse(RUNNER.read_text())]
    assert not [one for one in known if re.match("(guard|lock|unlock|do|prove)_", one)]


@each_file
def test_every_function_is_parsed(file: Path) -> None:
    text = re.sub(r"^\{\{.*", "", file.read_text(), flags=re.MULTILINE)
    definitions = re.findall(r"^ *(\w+) ?\(\) *\{", text, re.MULTILINE)
    assert list(functions.parse(text)) == definitions


def test_the_digest_covers_the_same_files_in_bash_and_python() -> None:
    from rollback.approval import approvals

    listed = re.search(r"^COVERED='(.*)'$", RUNNER.read_text(), re.MULTILINE)
    assert listed and tuple(listed[1].split()) == approvals.COVERED


def shellcheck(*files: Path) -> None:
    checker = Path(sys.executable).parent / "shellcheck"
    program = str(checker) if checker.exists() else "shellcheck"
    done = subprocess.run([program, *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.programs
@pytest.mark.parametrize("file", [RUNNER, *FUNCTIONS], ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(file: Path) -> None:
    subprocess.run(["bash", "-n", str(file)], check=True)
    shellcheck(file)


@pytest.mark.programs
@pytest.mark.parametrize("verb", DIRECTIONS)
@pytest.mark.parametrize("file", FUNCTIONS, ids=lambda path: path.stem)
def test_shellcheck_has_nothing_to_say_about_a_script(world: World, file: Path, verb: Verb) -> None:
    for program in PROGRAMS:
        world.tool(program, "")
    plan = world.plan("a", "b", protected=True, findings=(Finding("warning", "x", "y z"),))
    every = Command((*functions.parse(file.read_text()), "word"))
    steps = (
        *plan.steps,
        world.step("a", id="app.all", do=every, proof=None, undo=None, irreversible=True),
        world.step("a", id="app.last", do=sh("true && echo 'x' \"$HOME\"")),
    )
    locks = (Lock("app.lock", "Lock", every, every),)
    world.save(with_app(replace(plan), steps=steps, locks=locks))
    script = world.run / DIRECTIONS[verb].script
    subprocess.run(["bash", "-n", str(script)], check=True)
    shellcheck(script)
