"""The deploy steps of a project: CI pipelines, deploy scripts and task runners.

Comments are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from rollback.detection.files import FileIndex

PIPELINES = (
    "**/.github/workflows/*.yml",
    "**/.github/workflows/*.yaml",
    ".github/actions/**/action.yml",
    ".github/actions/**/action.yaml",
    "**/.gitlab-ci.yml",
    "**/.gitlab/**/*.yml",
    "**/.gitlab-ci/**/*.yml",
    "**/.circleci/*.yml",
    "bitbucket-pipelines.yml",
    "**/azure-pipelines*.yml",
    "**/.azure-pipelines/**/*.yml",
    "**/.azure/**/*.yml",
    "**/Jenkinsfile*",
    "**/.drone.yml",
    ".travis.yml",
    "**/buildspec*.yml",
    "**/cloudbuild*.yaml",
    "**/cloudbuild*.yml",
    ".woodpecker/*.yml",
    ".woodpecker/*.yaml",
    ".woodpecker.yml",
    ".buildkite/*.yml",
    ".forgejo/workflows/*.yml",
    ".forgejo/workflows/*.yaml",
    ".gitea/workflows/*.yml",
    ".gitea/workflows/*.yaml",
    ".semaphore/*.yml",
    "**/pipelines/**/*.yml",
    "**/.pipelines/**/*.yml",
    "codefresh.yml",
    "**/.tekton/*.yaml",
    "**/ci/*.yml",
)
SCRIPTS = (
    "deploy",
    "*deploy*.sh",
    "**/deploy/*.sh",
    "release.sh",
    "update.sh",
    "upgrade.sh",
    "bin/deploy*",
    "bin/*deploy",
    "**/scripts/*deploy*",
    "package.json",
)
TASKS = ("Makefile", "deploy.mk", "Justfile", "justfile", "Taskfile.yml", "Rakefile")
# comments, and what is only printed
_TALK = re.compile(r"^\s*(?:#|//).*$|\s#\s.*$|^\s*@?echo [^|]*$")
_LOCAL_NAME = re.compile(r"(?:^|[-_./])(?:k3d|kind|minikube|local)(?:[-_./]|$)")
# a throw-away cluster: what is deployed there is a test, not a deployment
_THROWAWAY = re.compile(
    r"kind create cluster|kind-action|setup-kind|setup-minikube|minikube start|"
    r"k3d cluster create|setup-k3d|ct install|"
    r"chart-testing-action|kind load|microk8s|k3d-action|vcluster create|ctlptl"
)
_TEST_NAME = re.compile(
    r"(?:^|[-_./])(?:e2e|tests?|testing|lint|smoke|nightly-test|integration)(?:[-_.]|$)"
)
# what is deployed for a look at it, not for users
_SHOW_NAME = re.compile(
    r"(?:^|[-_./])(?:demo|review|storybook|pull-?request|pullpreview)(?:[-_.]|$)"
)
_DEPLOY_NAME = re.compile(
    r"deploy|release|publish|(?:^|[-_./])(?:cd|cicd|prod(?:uction)?)(?:[-_.]|$)"
)

# names what stands elsewhere: its name is judged apart (calls.py)
_CALL = re.compile(
    r"^\s*(?:-\s+)?(?:(?:uses|template|file|remote)\s*:\s*[\"'\[]*\S+\.ya?ml\b|component\s*:).*$",
    re.MULTILINE,
)
_CONTINUED = re.compile(r"\\\r?\n\s*")


def steps(files: FileIndex, pattern: str, *globs: str) -> list[str]:
    """Return pipelines in which a line matches that is no comment.

    Throw-away clusters and test jobs are left out.
    """
    paths = files.matching(*(globs or PIPELINES))
    search = re.compile(pattern, re.MULTILINE).search if paths else None
    return [path for path in paths if search and search(_code(files, path))]


def scripts(files: FileIndex, pattern: str) -> list[str]:
    """Return deploy scripts in which a line matches."""
    return steps(files, pattern, *SCRIPTS)


def tasks(files: FileIndex, pattern: str) -> list[str]:
    """Return task runners in which a line matches: weaker than a pipeline."""
    return steps(files, pattern, *TASKS)


def mentioned(files: FileIndex, words: Iterable[str]) -> bool:
    """Whether any step names one of these, in lower case: cheap, before a pattern is tried."""
    text = _all_code(files)
    return any(word in text for word in words)


@cache
def _all_code(files: FileIndex) -> str:
    paths = files.matching(*PIPELINES, *SCRIPTS, *TASKS)
    return "\n".join(_code(files, path) for path in paths).lower()


@cache
def _code(files: FileIndex, path: str) -> str:
    """Return what a pipeline does itself, each command in one line."""
    return _CONTINUED.sub("", _CALL.sub("", called_code(files, path)))


@cache
def called_code(files: FileIndex, path: str) -> str:
    """Return a pipeline's lines without talk; "" if what it deploys is a test or for a look."""
    text = files.text(path)
    only_tests = _TEST_NAME.search(path.lower()) and not _DEPLOY_NAME.search(path.lower())
    unused = _SHOW_NAME.search(path.lower()) or _LOCAL_NAME.search(path.lower())
    if only_tests or unused or _THROWAWAY.search(text):
        return ""
    return "\n".join(map(_without_talk, text.split("\n")))


def _without_talk(line: str) -> str:
    if "#" in line or "//" in line or "echo " in line:
        return _TALK.sub("", line)
    return line
