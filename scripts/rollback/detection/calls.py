"""What pipelines call in other repositories: its name is evidence, weaker than contents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from rollback.detection.files import FileIndex
from rollback.detection.pipelines import PIPELINES, called_code

_USED = re.compile(r"^\s*(?:-\s+)?uses:\s*[\"']?(\w[\w.-]*/[\w./-]+)", re.MULTILINE)
_TEMPLATE = re.compile(
    r"^\s*(?:-\s+)?template\s*:\s*[\"']?([\w./-]+\.ya?ml)@\w",
    re.MULTILINE,  # of Azure
)
_INCLUDED = re.compile(  # by GitLab
    r"^\s*(?:-\s+)?(?:(?:file|remote)\s*:\s*|(?=[\"']?/))[\"'\[]*(\S+?\.ya?ml)[\"']?"
    r"|^\s*(?:-\s+)?component\s*:\s*[\"']?([^\s\"'@]+)",
    re.MULTILINE,
)
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DEPLOYS = re.compile(r"deploy|rollout|(?:^|[-_./])cd(?:[-_./]|$)")
# words of a workflow that deploys, where a platform's stands beside them
_SERVES = re.compile(r"(?:^|[-_])(?:service|update|release)\b")
_ONLY_MAKES = re.compile(r"(?:^|[-_])(?:build|test|lint|plan|scan|render|diff|validate)")
_MAKES = re.compile(r"(?:^|[-_])(?:build|push|publish|release)(?:[-_.]|$)")
# what is deployed there is not the application
_BESIDE = re.compile(
    r"(?:^|[-_./])(?:docs?|documentation|pages|storybook|tests?|e2e|previews?|review|demo|specs?"
    r"|notes|notify|announce|lint)"
    r"(?:[-_.]|$)"
)


class Call(Struct, frozen=True):
    """`name` is in lower case, with `-` between its words. `whole`: a workflow, no single step."""

    target: str
    name: str
    whole: bool


def called(files: FileIndex, name: str) -> list[str]:
    """Return pipelines that call a workflow or action for deploying with this in its name."""
    named = re.compile(rf"(?:^|[-_/.])(?:{name})(?:[-_/.]|$)")
    return [
        path
        for path, calls in _calls(files).items()
        if any(named.search(call.name) and _is_for_deploying(call) for call in calls)
    ]


def deployers(files: FileIndex) -> dict[str, str]:
    """Return pipeline -> the workflow of another repository that deploys, by its name."""
    return {
        path: call.target
        for path, calls in _calls(files).items()
        for call in calls
        if call.whole and _is_deployer(call.name)
    }


def _is_deployer(name: str) -> bool:
    """Whether a workflow deploys, or makes the image in a repository for deploying."""
    place, _, file = name.rpartition("/")
    if _BESIDE.search(file):
        return False
    of_deploying = re.search(r"deploy|rollout", place)  # a repository called ci-cd says nothing
    return bool(_DEPLOYS.search(file) or (of_deploying and _MAKES.search(file)))


def _is_for_deploying(call: Call) -> bool:
    file = call.name.rpartition("/")[2]
    if _BESIDE.search(file):
        return False
    serves = call.whole and _SERVES.search(file) and not _ONLY_MAKES.search(file)
    return bool(_DEPLOYS.search(call.name) or serves)


@cache
def _calls(files: FileIndex) -> dict[str, list[Call]]:
    calls = {path: list(_called_by(files, path)) for path in files.matching(*PIPELINES)}
    return {path: rows for path, rows in calls.items() if rows}


def _called_by(files: FileIndex, path: str) -> Iterator[Call]:
    text = called_code(files, path)
    for target in _USED.findall(text):
        yield _call(target, target.endswith((".yml", ".yaml")))
    for target in _TEMPLATE.findall(text):
        yield _call(target, True)
    if "gitlab" in path:
        for file, component in _INCLUDED.findall(text):
            if not files.has(file.lstrip("/")):  # a file of this repository is read as itself
                yield _call(file or component, True)


def _call(target: str, whole: bool) -> Call:
    return Call(target, _CAMEL.sub("-", target).lower(), whole)
