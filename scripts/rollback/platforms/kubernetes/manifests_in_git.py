"""Contents of ConfigMaps in the manifests of a repository, by commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from rollback.settings.project import git

Data = Mapping[str, str]
_KIND = r"^kind:[[:space:]]*[\"']?ConfigMap"
_MOST = 60  # files; a folder of more is generated


def older(
    project: Path, namespace: str, live: Mapping[str, Data], commits: Sequence[str]
) -> dict[str, tuple[str, Data]]:
    """Return name -> file and content at the first of `commits`, where that is not the live one.

    Only of a ConfigMap whose live content one of the other commits has. Its older content is that
    of the same files, or of files that none of the others has any more, since they were renamed;
    never of another overlay's, and only where there is one content.
    """
    first, *others = [_contents(project, namespace, commit) for commit in commits]
    found = {}
    for name, data in live.items():
        known = [row for contents in others for row in contents.get(name, {}).items()]
        same = {file for file, content in known if content == data}
        before = _before(first.get(name, {}), same, {file for file, _ in known})
        rows = list(before.items())
        alike = all(content == rows[0][1] for _, content in rows)
        if rows and alike and rows[0][1] != data:
            found[name] = rows[0]
    return found


def _before(files: Mapping[str, Data], same: Set[str], remaining: Set[str]) -> Mapping[str, Data]:
    """Return the files that may be the live one's at an earlier commit; `remaining` are there."""
    if not same:
        return {}
    if same & files.keys():
        return {file: files[file] for file in same} if same <= files.keys() else {}
    return {file: data for file, data in files.items() if file not in remaining}


def _contents(project: Path, namespace: str, commit: str) -> dict[str, dict[str, Data]]:
    """Return name -> file -> content of the ConfigMaps of a namespace, or of none."""
    found: dict[str, dict[str, Data]] = {}
    if commit.startswith("-"):
        return found
    words = (
        "grep",
        "--no-color",
        "--no-full-name",
        "-l",
        "-z",
        "-I",
        "-E",
        _KIND,
        commit,
        "--",
        "*.yaml",
        "*.yml",
    )
    names = (git(project, *words) or "").split("\0")
    for name in [name for name in names if name][:_MOST]:
        file = name.removeprefix(f"{commit}:")
        for key, data in _config_maps(git(project, "show", f"{commit}:./{file}") or "", namespace):
            found.setdefault(key, {})[file] = data
    return found


def _config_maps(text: str, namespace: str) -> Iterator[tuple[str, Data]]:
    """Yield name and content; a file that is a template, or no YAML, has none."""
    import yaml

    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for document in documents:
        if not isinstance(document, dict) or document.get("kind") != "ConfigMap":
            continue
        meta, data = document.get("metadata"), document.get("data")
        if not isinstance(meta, dict) or meta.get("namespace", namespace) != namespace:
            continue
        if isinstance(data, dict) and all(isinstance(value, str) for value in data.values()):
            yield str(meta.get("name")), {str(key): value for key, value in data.items()}
