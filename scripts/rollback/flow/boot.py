"""Old code that migrates when it starts: some tools then refuse a newer database.

Reads git only. Named is what starts for certain: commands of Procfiles, Dockerfiles, Compose
files and Kubernetes workloads, with the scripts that they call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.flow import schema
from rollback.flow.labels import few
from rollback.flow.schema import Source
from rollback.migrations import migrations as tools
from rollback.model import Database, Finding
from rollback.text import clean

BOOT = "boot-migrates"

_FILES = (
    "*Procfile",
    "*Dockerfile*",
    "*compose*.y*ml",
    "*.sh",
    "*entrypoint*",
    "*package.json",
    *(f"*{folder}/*.y*ml" for folder in ("templates", "k8s", "kube*", "deploy", "manifests")),
)
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:tests?|examples?|docs?|fixtures|node_modules)/|"
    r"[.-](?:dev|development|tests?|local|ci|override)(?:\.[\w.]+)?$"
)
_WORKLOAD = re.compile(r"^kind: *[\"']?(?:Deployment|StatefulSet|DaemonSet)\b", re.MULTILINE)
_HOOK = re.compile(r"\.sh/hook[\"']?: *[^\n]*\b(?:pre|post)-rollback\b")
_RUN = re.compile(r"\b(?:npm|pnpm|yarn|bun)(?: run)? ([\w:-]+)")
_DEPTH = 3  # a script that calls a script that calls a script

Commands = dict[str, str]  # where it stands -> what is run


def findings(
    project: Path, sources: Sequence[Source], databases: Sequence[Database], accepted: str | None
) -> Iterator[Finding]:
    """Report what would fail at its start. `accepted` is the reason to go back all the same."""
    for database in databases:
        command = tools[database.tool].REFUSES_NEWER
        if not command or (database.action == "reverse" and database.order == "before-app"):
            continue
        commits = {
            source.old
            for source in sources
            if (source.component, source.folder.tool) == (database.component, database.tool)
        }
        for commit in sorted(commits):
            started = at_start(schema.files(project, commit, *_FILES))
            if places := [place for place, text in started.items() if re.search(command, text)]:
                yield _finding(database, places, accepted)


def _finding(database: Database, places: Sequence[str], accepted: str | None) -> Finding:
    where = ", ".join(few([clean(place, 80) for place in places], 2))
    newest = clean(database.migrations[0].id, 40)
    message = (
        f"the old release migrates when it starts ({where}); {tools[database.tool].TITLE} then "
        f"fails, because migration {newest} is not among its files"
    )
    if accepted:
        return Finding("warning", BOOT, f"{message}; accepted: {clean(accepted, 80)}")
    fix = (
        "fix forward, bring the schema back first, or start the old release without that step; "
        'if you know that it starts: --accept-schema "WHY"'
    )
    return Finding("blocker", BOOT, message, fix)


def at_start(files: Mapping[str, str]) -> Commands:
    """Return the commands that start a release, with those of the scripts that they call."""
    known = {path: text for path, text in files.items() if not _ELSEWHERE.search(path)}
    started: Commands = {}
    for path, text in known.items():
        started |= _commands(path, text)
    for _ in range(_DEPTH):
        called = {
            f"{path}, run by {place.partition(', run by ')[0]}": text
            for place, command in started.items()
            for path, text in _called(command, known).items()
        }
        started = {**called, **started}
    return started


def _commands(path: str, text: str) -> Commands:
    name = path.rpartition("/")[2]
    if name == "Procfile":
        lines = re.findall(r"^([\w-]+): *(.+)$", text, re.MULTILINE)
        return {f"{process} of {path}": command for process, command in lines}
    if "Dockerfile" in name:
        joined = text.replace("\\\n", " ")
        words = dict(re.findall(r"^(CMD|ENTRYPOINT) +(.+)$", joined, re.MULTILINE))
        return {f"{word} of {path}": _listed(command) for word, command in words.items()}
    if "compose" in name and name.endswith(("yml", "yaml")):
        return _services(path, text)
    if name.endswith(("yml", "yaml")) and (_WORKLOAD.search(text) or _HOOK.search(text)):
        return {path: _listed(_without_comments(text))}
    return {}


def _services(path: str, text: str) -> Commands:
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    services = content.get("services") if isinstance(content, dict) else None
    return {
        f"service {name} of {path}": " ".join(_words(service, key) for key in _KEYS)
        for name, service in (services.items() if isinstance(services, dict) else ())
        if isinstance(service, dict)
    }


_KEYS = ("entrypoint", "command")


def _words(service: Mapping[str, Any], key: str) -> str:
    value = service.get(key) or ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _called(command: str, files: Mapping[str, str]) -> Commands:
    """Return the scripts among these files that a command runs."""
    called: Commands = {}
    for path, text in files.items():
        name = path.rpartition("/")[2]
        if name == "package.json":
            for script in _RUN.findall(command):
                if found := _package_script(text, script):
                    called[f"{script} of {path}"] = found
        elif _is_script(name) and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", command):
            called[path] = _without_comments(text)
    return called


def _is_script(name: str) -> bool:
    return name.endswith(".sh") or "entrypoint" in name


def _package_script(text: str, name: str) -> str:
    try:
        scripts = json.loads(text).get("scripts", {})
    except (ValueError, AttributeError):
        return ""
    parts = [scripts.get(f"{when}{name}") for when in ("pre", "")]
    return " && ".join(part for part in parts if isinstance(part, str))


def _listed(command: str) -> str:
    """Return ["a", "b"] and the lines of a YAML list as the words that they are."""
    joined = re.sub(r"\n\s*- +(?=[^:\n]*$)", " ", command, flags=re.MULTILINE)
    return re.sub(r"[\[\]\"',]+", " ", joined)


def _without_comments(text: str) -> str:
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).replace("\\\n", " ")
