"""The shape of the project: sizes, names, one home for each adapter, nothing that belongs to one machine."""

from __future__ import annotations

import ast
import functools
import re
import statistics
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.tree import RUNS
from rollback.flow import FLOW
from rollback.migrations import migrations
from rollback.platforms import platforms

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "scripts" / "rollback"
SHIPPED = sorted(
    path
    for folder in ("scripts", "cache", "installer", "demo")
    for path in (ROOT / folder).rglob("*.py")
)
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
TESTS = sorted((ROOT / "tests").rglob("*.py"))
DEVELOPMENT = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "demo",
    "pyproject.toml",
    "tests",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@functools.cache
def tree(path: Path) -> ast.Module:
    """Parsed once. Python 3.11 fails now and then where other threads of the process run."""
    text = path.read_text(encoding="utf-8")
    try:
        return ast.parse(text)
    except SystemError:
        return ast.parse(text)


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def tracked() -> list[str]:
    return subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_files_are_mostly_short_and_rarely_long():
    long = [f"{path.relative_to(ROOT)}: {lines(path)}" for path in SHIPPED if lines(path) > 250]
    assert len(long) <= len(SHIPPED) * 0.01, "\n".join(long)
    assert max(map(lines, SHIPPED)) <= 300
    assert statistics.median(map(lines, SHIPPED)) <= 100
    assert {path.name: lines(path) for path in TESTS if lines(path) > 350} == {}


def test_a_command_line_is_short():
    assert {
        path.name: lines(path)
        for path in (ROOT / "scripts").glob("*.py")
        if path.stem in (*FLOW, "restore") and lines(path) > 40
    } == {}


def test_functions_are_mostly_short_and_rarely_long():
    sizes = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in SHIPPED
        for node in functions(path)
    }
    long = {name: size for name, size in sizes.items() if size > 30}
    assert len(long) <= len(sizes) * 0.005, long
    assert max(sizes.values()) <= 60
    assert statistics.median(sizes.values()) <= 10


def test_no_function_takes_more_than_five_parameters():
    wide = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}" for path in SHIPPED for node in functions(path)
        if len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) > 5
    ]  # fmt: skip
    assert not wide, "\n".join(wide)


def test_only_the_nouns_and_the_shared_tools_lie_at_the_top():
    shared = {
        "__init__",
        "cli",
        "clock",
        "contracts",
        "database_contracts",
        "infrastructure_contracts",
        "errors",
        "registry",
        "screen",
        "shell",
        "text",
    }
    assert {path.stem for path in LIBRARY.glob("*.py")} == shared


def test_every_file_names_its_duty_in_its_first_line():
    silent = [
        str(path.relative_to(ROOT))
        for path in [*SHIPPED, *TESTS]
        if not ast.get_docstring(tree(path))
    ]
    assert not silent, "\n".join(silent)


def test_the_flow_is_the_scripts():
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert scripts == {*FLOW, "restore", "_skill", "approve"}
    assert {path.stem for path in (LIBRARY / "flow").glob("*.py")} >= set(FLOW)


ADAPTERS = [("platforms", id) for id in platforms.ids] + [
    ("migrations", id) for id in migrations.ids
]
GENERIC = [
    path for path in LIBRARY.rglob("*.py") if not {"platforms", "migrations"} & set(path.parts)
]


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Names and texts that the code acts on; comments and docstrings may give examples."""
    root = tree(path)
    prose = {id(node.value) for node in ast.walk(root) if isinstance(node, ast.Expr)}
    for node in ast.walk(root):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield (
                node.lineno,
                " ".join(
                    [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                ),
            )


@pytest.mark.parametrize(("folder", "adapter"), ADAPTERS, ids=[adapter for _, adapter in ADAPTERS])
def test_an_adapter_is_named_in_its_own_files_only(folder, adapter):
    """Adapters recognise each other's files; all other code is generic."""
    word = re.compile(rf"(?<![a-z]){adapter.replace('-', '[-_]?')}(?![a-z])", re.I)
    named = [
        f"{path.relative_to(ROOT)}:{line} {text[:60]!r}"
        for path in GENERIC
        if path.stem.replace("_", "-") != adapter  # a part of it, as backups/heroku.py
        for line, text in said(path)
        if word.search(text)
    ]
    assert not named, "\n".join(named)


def users(*words: str) -> set[str]:
    """Files of the library whose code says one of these names."""
    return {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if any(text.split(" ")[-1] in words for _, text in said(path))
    }


def test_few_files_can_start_a_program():
    """`Shell` reads, the launcher starts the approved script; git and ps are asked before there is a shell."""
    assert users("subprocess", "system", "execv", "execve", "posix_spawn", "fork") == {
        "shell.py",
        "script/launch.py",
        "settings/project.py",
        "approval/agent.py",
    }


def test_few_files_can_write_and_they_write_our_own_records():
    writing = {
        "write_text",
        "write_bytes",
        "rename",
        "mkdir",
        "makedirs",
        "mkstemp",
        "symlink",
        "symlink_to",
        "O_WRONLY",
        "O_RDWR",
    }
    assert users(*writing) == {
        "approval/private.py",
        "approval/terminal.py",
        "cli.py",  # /dev/null
        "migrations/rails/tables.py",  # reads the word: t.rename of a migration
        "records/disk.py",
        "records/jsonl.py",
        "records/lock.py",
        "records/run.py",
        "records/scratch.py",
    }


def test_a_migration_is_tried_in_one_place_and_never_where_it_is_live():
    """The flow hands over a scratch database that it has compared with the live one."""
    assert users("executescript") == {"rehearsal/sqlite.py"}
    assert users("rehearsals") == {"rehearsal/__init__.py", "flow/rehearsed.py"}


def test_nothing_is_there_that_nobody_uses():
    """Every class and function is named once more than where it stands."""
    said_of = [path.read_text(encoding="utf-8") for path in (*SHIPPED, *TEMPLATES)]
    words = Counter(word for text in said_of for word in re.findall(r"\w+", text))
    top = (node for path in LIBRARY.rglob("*.py") for node in tree(path).body)
    named = {node.name for node in top if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert {name for name in named if words[name] == 1} == set()


@pytest.mark.programs
def test_everything_is_either_installed_or_for_development():
    top = {path.split("/")[0] for path in tracked()}
    assert top - set(RUNS) - DEVELOPMENT == set()
    assert set(RUNS) - top == set()


@pytest.mark.programs
def test_nothing_in_the_project_belongs_to_one_machine():
    own = re.compile(
        r"(?<![\w.\"])/work/|(?<![\w.\"])/root/|bash_jobs|registry\.npmjs|pypi\.org|proxy\.golang|repo1\.maven|deb\.debian"
    )
    found = []
    for name in tracked():
        if name != Path(__file__).relative_to(ROOT).as_posix() and (ROOT / name).is_file():
            text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
            found += [
                f"{name}: {line.strip()[:80]}" for line in text.splitlines() if own.search(line)
            ]
    assert not found, "\n".join(found)


def test_shell_scripts_use_nothing_that_bash_3_lacks():
    newer = re.compile(
        r"declare -[A-Za-z]*A|mapfile|readarray|wait -n|\$\{\w+(,,|\^\^)\}|&>>|printf '%\(|\bcoproc\b|\|&|\$\{\w+@"
    )
    scripts = [
        ROOT / "install.sh",
        ROOT / "tests" / "run.sh",
        *TEMPLATES,
    ]
    found = [
        f"{path.name}: {line.strip()[:80]}"
        for path in scripts
        for line in path.read_text(encoding="utf-8").splitlines()
        if newer.search(line)
    ]
    assert not found, "\n".join(found)
