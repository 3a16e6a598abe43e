"""Layouts of real projects as compact data, laid out on disk and judged: what was found, missed, or wrongly named."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).parent
KINDS = ("platforms", "migrations", "unsupported")


class Score(NamedTuple):
    """Counts over many projects."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def projects() -> list[dict[str, Any]]:
    """Every project of every file; `=name` stands for a snippet of snippets.yml."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted(path for path in HERE.glob("*.yml") if path.name != "snippets.yml")
    return [project for path in files for project in yaml.load(path.read_text(), loader)]


def lay_out(project: dict[str, Any], root: Path) -> None:
    """Write the project's files below root, as a clone of the repository that it is named after."""
    name = project["project"].partition(",")[0]
    if "/" in name:
        url = f"https://github.com/{name}.git"
        subprocess.run(["git", "init", "-q", root], check=True)
        subprocess.run(["git", "remote", "add", "origin", url], cwd=root, check=True)
    snippets = yaml.safe_load((HERE / "snippets.yml").read_text())
    for path, content in _files(project):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        text = snippets[content[1:]] if content.startswith("=") else content
        place.write_text(text)


def _files(project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, content in (project.get("files") or {}).items():
        yield path, content or ""


def expected(project: dict[str, Any], kind: str) -> set[str]:
    return set(project.get(kind) or ())


def named(document: dict[str, Any], kind: str) -> set[str]:
    """What detection said, in the corpus's words: a platform's id, or `tool folder`."""
    if kind == "migrations":
        return {f"{each['tool']} {each['dir']}" for each in document[kind]}
    return {each["platform"] for each in document[kind]}


def score(pairs: list[tuple[set[str], set[str]]]) -> Score:
    """From pairs of expected and named."""
    right = sum(len(want & got) for want, got in pairs)
    return Score(
        right,
        sum(len(got - want) for want, got in pairs),
        sum(len(want - got) for want, got in pairs),
    )
