"""The deploy steps of a project: CI pipelines, deploy scripts and task runners.

Comments are left out.
"""

from __future__ import annotations

import re
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
    "**/scripts/deploy*",
    "package.json",
)
TASKS = ("Makefile", "deploy.mk", "Justfile", "justfile", "Taskfile.yml", "Rakefile")
_TALK = re.compile(
    r"(?m)^\s*(?:#|//).*$|\s#\s.*$|^\s*@?echo [^|\n]*$"
)  # comments, and what is only printed
# a throw-away cluster: what is deployed there is a test, not a deployment
_THROWAWAY = re.compile(
    r"kind create cluster|kind-action|setup-kind|setup-minikube|minikube start|"
    r"k3d cluster create|setup-k3d|ct install|"
    r"chart-testing-action|kind load|microk8s|k3d-action|vcluster create|ctlptl"
)
_TEST_NAME = re.compile(
    r"(?:^|[-_./])(?:e2e|tests?|testing|lint|smoke|nightly-test|integration)(?:[-_.]|$)"
)
_DEPLOY_NAME = re.compile(
    r"deploy|release|publish|(?:^|[-_./])(?:cd|cicd|prod(?:uction)?)(?:[-_.]|$)"
)


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


@cache
def _code(files: FileIndex, path: str) -> str:
    text = files.text(path)
    only_tests = _TEST_NAME.search(path.lower()) and not _DEPLOY_NAME.search(path.lower())
    if only_tests or _THROWAWAY.search(text):
        return ""
    return _TALK.sub("", text)
