"""The template of a commit, and the parameters that an update gives it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.aws.client import Client
from rollback.errors import Blocked, Unreadable, Usage
from rollback.infrastructure.cloudformation.stacks import SERVICE, Stack
from rollback.infrastructure_contracts import Asked
from rollback.settings.project import git
from rollback.text import clean

_ENDINGS = (".yml", ".yaml", ".json", ".template")
_RESOURCES = re.compile(r"(?:^|[{,])\s*[\"']?Resources[\"']?\s*:", re.MULTILINE)
_TYPE = re.compile(r"[\"']?Type[\"']?\s*:\s*[\"']?(?:AWS|Alexa|Custom)::")
_LONGEST = 51_200  # bytes of a template that an update takes without S3
_UNREADABLE = "\ufffd"  # what git's bytes that are no UTF-8 become
_WHOLE = "roll back without --full, or bring the stack back as it is deployed"


_TODAY = object()  # a row that leaves a parameter as it is


class Template(Struct, frozen=True):
    """`parameters` are those that an update names, as the aws command line takes them."""

    text: str
    parameters: tuple[dict[str, Any], ...]
    capabilities: tuple[str, ...]


def read(asked: Asked, client: Client, stack: Stack) -> Template:
    """Return the commit's template, ready for an update.

    Raises Usage (which-template, variable-missing, ...), Blocked (infrastructure-directory,
    template-too-large, template-invalid, template-transforms), Unreadable.
    """
    name, text = _chosen(asked)
    if _UNREADABLE in text:
        message = f"{name} of release {asked.commit[:12]} is not UTF-8"
        raise Blocked("template-invalid", message, _WHOLE)
    if len(text.encode()) > _LONGEST:
        message = f"{name} of release {asked.commit[:12]} has more than {_LONGEST:,} bytes"
        raise Blocked("template-too-large", message, f"it goes through S3 only: {_WHOLE}")
    summary = _summary(client, name, text)
    if transforms := summary.get("DeclaredTransforms"):
        listed = clean(", ".join(map(str, transforms)), 100)
        message = f"{name} is no whole template: {listed} makes it one when it is deployed"
        raise Blocked("template-transforms", message, _WHOLE)
    given = dict(_values(asked))
    parameters = tuple(_parameters(summary.get("Parameters", ()), given, stack))
    return Template(text, parameters, tuple(map(str, summary.get("Capabilities", ()))))


def _summary(client: Client, name: str, text: str) -> dict[str, Any]:
    try:
        return client.ask(SERVICE, "get_template_summary", TemplateBody=text)
    except Unreadable as error:
        if error.code != "refused":
            raise
        message = f"CloudFormation does not take {name}: {clean(error.message, 200)}"
        raise Blocked("template-invalid", message, _WHOLE) from None


# ---- which file ---------------------------------------------------------------------------


def _chosen(asked: Asked) -> tuple[str, str]:
    """Return the template's path in the project, and its text."""
    directory, wanted = asked.settings.directory, asked.settings.template
    names = [wanted] if wanted else _listed(asked, directory)
    every = {name: _text(asked, f"{directory}/{name}") for name in names}
    known = {name: text for name, text in every.items() if text and (wanted or _is_template(text))}
    if len(known) == 1:
        ((name, text),) = known.items()
        return f"{directory}/{name}".removeprefix("./"), text
    if known:
        message = f"{directory} of release {asked.commit[:12]} has several templates"
        fix = f"name one: infrastructure: {{template: ...}}: {', '.join(sorted(known))}"
        raise Usage("which-template", message, clean(fix, 300))
    place = f"{directory}/{wanted}" if wanted else directory
    message = f"release {asked.commit[:12]} has no CloudFormation template in {place}"
    fix = (
        "correct infrastructure: {directory, template} in the settings, or roll back without --full"
    )
    raise Blocked("infrastructure-directory", message, fix)


def _listed(asked: Asked, directory: str) -> list[str]:
    """Return the files in a folder of the commit that may be templates."""
    tree = git(asked.project, "ls-tree", "-z", "--name-only", f"{asked.commit}:./{directory}")
    return [name for name in (tree or "").split("\0") if name.lower().endswith(_ENDINGS)]


def _text(asked: Asked, path: str) -> str:
    return git(asked.project, "cat-file", "blob", f"{asked.commit}:./{path}") or ""


def _is_template(text: str) -> bool:
    return bool(_RESOURCES.search(text) and _TYPE.search(text))


# ---- parameters ---------------------------------------------------------------------------


def _parameters(declared: Any, given: dict[str, str], stack: Stack) -> Iterator[dict[str, Any]]:
    """Yield what an update names: the files' values, else today's. A new one has its default."""
    for row in declared:
        name = str(row.get("ParameterKey", ""))
        if row.get("NoEcho") and name in stack.parameters:  # a secret is in no file of a run
            yield {"ParameterKey": name, "UsePreviousValue": True}
        elif name in given:
            yield {"ParameterKey": name, "ParameterValue": given[name]}
        elif name in stack.parameters:
            yield {"ParameterKey": name, "UsePreviousValue": True}
        elif "DefaultValue" not in row:
            message = f"the release's template asks for {clean(name, 80)}, which {stack.name} lacks"
            fix = "name a file with it: infrastructure: {variables: [...]} in the settings"
            raise Usage("variable-missing", message, fix)


def _values(asked: Asked) -> Iterator[tuple[str, str]]:
    """Yield the values of files: the release's own, else the checkout's."""
    for name in asked.settings.variables:
        path = f"{asked.settings.directory}/{name}"
        text = _text(asked, path) or _here(asked.project / path)
        if not text:
            message = f"neither the release nor {asked.project} has the file {path}"
            fix = "correct infrastructure: {variables: [...]} in the settings"
            raise Usage("variables-missing", message, fix)
        yield from _pairs(path, text)


def _here(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _pairs(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of a file as `aws cloudformation` and CodePipeline take it.

    A list of rows or of NAME=VALUE, or an object of names, also one under "Parameters".
    """
    try:  # numbers as they are written
        content = json.loads(text.removeprefix("\ufeff"), parse_float=str, parse_int=str)
    except ValueError:
        content = None
    for name, value in _rows(content):
        if value is _TODAY:
            continue
        if (
            _UNREADABLE in f"{name}{value}"
            or not name
            or isinstance(value, (dict, list))
            or value is None
        ):
            message = f"{path} is no file of parameters for CloudFormation"
            raise Usage(
                "variables-missing", message, "write NAME=VALUE rows, or an object, as JSON"
            )
        yield str(name), str(value).lower() if isinstance(value, bool) else str(value)


def _rows(content: Any) -> list[tuple[Any, Any]]:
    if isinstance(content, dict):
        rows = content.get("Parameters", content)
        return list(rows.items()) if isinstance(rows, dict) else [("", None)]
    return [_pair(row) for row in content] if isinstance(content, list) else [("", None)]


def _pair(row: Any) -> tuple[Any, Any]:
    if isinstance(row, dict):
        value = _TODAY if row.get("UsePreviousValue") is True else row.get("ParameterValue")
        return row.get("ParameterKey"), value
    name, equals, value = row.partition("=") if isinstance(row, str) else ("", "", "")
    return (name, value) if equals else ("", None)
