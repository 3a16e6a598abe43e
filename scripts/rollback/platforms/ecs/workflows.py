"""What GitHub workflows deploy to: the cluster, the services and the region of an environment.

Only literals and `${{ env.NAME }}` are followed; whatever GitHub alone knows (secrets, inputs,
matrices) is left for a person.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.errors import Usage
from rollback.settings import yaml_text
from rollback.settings.environment import PRODUCTION_LIKE

_FOLDER = ".github/workflows"
_MOST, _LONGEST = 100, 262_144  # files, and bytes of one
_DEPLOYS = "aws-actions/amazon-ecs-deploy-task-definition@"
_LOGIN = "aws-actions/configure-aws-credentials@"
_COMMAND = re.compile(r"\baws\s+ecs\s+(?:update-service|deploy)\b([^\n;|&]*)")
_EXPRESSION = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}|\$\{?(\w+)\}?")
_UNKNOWN = "?"  # an environment that only GitHub knows
_ELSEWHERE = re.compile(r"stag|dev|test|qa|preview|sandbox", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")


class Deployed(Struct, frozen=True):
    """What one step deploys. `environment` is that of its job, "" without one."""

    environment: str
    cluster: str
    service: str
    region: str


def of(project: Path, environment: str) -> list[Deployed]:
    """Return what the workflows deploy to an environment.

    A job without an environment deploys production, where no job names one, and no name in it
    speaks of another.
    """
    every = [(path.name, row) for path in _files(project) for row in _deployed(path)]
    named = any(row.environment for _, row in every)
    return [
        row
        for file, row in every
        if row.environment == environment
        or (
            not row.environment
            and not named
            and environment in PRODUCTION_LIKE
            and not _ELSEWHERE.search(f"{file} {row.cluster} {row.service}")
        )
    ]


def _files(project: Path) -> list[Path]:
    folder = project / _FOLDER
    return sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])[:_MOST]


def _deployed(path: Path) -> Iterator[Deployed]:
    workflow = _read(path)
    for job in _mapping(workflow, "jobs").values():
        steps = job.get("steps") if isinstance(job, dict) else None
        if not isinstance(steps, list):
            continue
        variables = {**_mapping(workflow, "env"), **_mapping(job, "env")}
        rows = [step for step in steps if isinstance(step, dict)]
        region = next(filter(None, (_region(step, variables) for step in rows)), "")
        for step in rows:
            known = {**variables, **_mapping(step, "env")}
            for cluster, service, own in _targets(step, known):
                yield Deployed(_environment(job, known), cluster, service, own or region)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        content = yaml_text.read(data, path.name) if len(data) <= _LONGEST else None
    except (OSError, Usage):
        return {}
    return content if isinstance(content, dict) else {}


def _mapping(holder: Any, name: str) -> dict[str, Any]:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _environment(job: dict[str, Any], variables: Mapping[str, Any]) -> str:
    given = job.get("environment")
    name = given.get("name") if isinstance(given, dict) else given
    return (_value(name, variables) or _UNKNOWN) if name else ""


def _region(step: dict[str, Any], variables: Mapping[str, Any]) -> str:
    if not str(step.get("uses", "")).startswith(_LOGIN):
        return ""
    region = _value(_mapping(step, "with").get("aws-region"), variables)
    return region if _REGION.fullmatch(region) else ""


def _targets(step: dict[str, Any], variables: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield cluster, service and region, each a name or ""."""
    if str(step.get("uses", "")).startswith(_DEPLOYS):
        given = _mapping(step, "with")
        yield (*_names(given.get("cluster"), given.get("service"), variables), "")
    script = str(step.get("run", "")).replace("\\\n", " ")
    for command in _COMMAND.finditer(script):
        options = _options(command[1])
        pair = _names(options.get("--cluster"), options.get("--service"), variables)
        region = _value(options.get("--region"), variables)
        yield (*pair, region if _REGION.fullmatch(region) else "")


def _names(cluster: Any, service: Any, variables: Mapping[str, Any]) -> tuple[str, str]:
    values = (_value(given, variables) for given in (cluster, service))
    first, second = (value if _NAME.fullmatch(value) else "" for value in values)
    return first, second


def _options(text: str) -> dict[str, str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    joined = [part for word in words for part in word.split("=", 1)]
    return {word: value for word, value in pairwise(joined) if word.startswith("--")}


def _value(given: Any, variables: Mapping[str, Any]) -> str:
    """Return a literal, or the value of the one variable that it is; "" for anything else."""
    text = str(given or "")
    match = _EXPRESSION.fullmatch(text)
    if match:
        text = str(variables.get(match[1] or match[2]) or "")
    return "" if "$" in text else text
