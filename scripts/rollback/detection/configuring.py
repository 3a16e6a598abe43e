"""A platform's file configures a project, or only has its name: by what lies beside it."""

from __future__ import annotations

import re
from functools import cache

from rollback.detection.files import PROJECT_FILES, FileIndex, folder

# folders whose files are shipped or compiled: a platform's file name in there configures nothing
_ASSETS = re.compile(
    r"(?:^|/)(?:public|static|assets?|images?|img|icons?|logos?|locales?|i18n|translations?"
    r"|content|_includes|components|lib)(?:/|$)"
)
# folders in which this holds for names that say nothing but the platform's
_SOURCES = re.compile(r"(?:^|/)(?:src(?!/main/)|data|templates?|catalogs?|themes)(?:/|$)")
_BUILT_FROM = (
    *PROJECT_FILES,
    "requirements.txt",
    "Pipfile",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "*.csproj",
    "mix.exs",
    "deno.json",
    "Dockerfile",
    "index.html",
    "hugo.toml",
    "config.toml",
    "_config.yml",
)


def configuring(files: FileIndex, pattern: str, *names: str) -> list[str]:
    """Return files with a platform's name and content, at the top of a project or part of it."""
    plain = {name for name in names if "*" not in name}
    return [
        path
        for path in files.holding(pattern, *names)
        if folder(path) in _projects(files)
        or (
            not _ASSETS.search(folder(path))
            and not (path.rpartition("/")[2] in plain and _SOURCES.search(folder(path)))
        )
    ]


@cache
def _projects(files: FileIndex) -> set[str]:
    """Return the folders from which something is built."""
    return {folder(path) for path in files.matching(*_BUILT_FROM)}
