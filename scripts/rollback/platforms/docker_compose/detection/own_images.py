"""Which images are the project's own: named like it, pushed by its pipelines, or set by a deploy.

Any other image is somebody else's and runs beside the application.
"""

from __future__ import annotations

import re
from functools import cache

from rollback.detection.files import PROJECT_FILES, FileIndex
from rollback.detection.pipelines import PIPELINES, SCRIPTS

_DEFAULT = re.compile(r"\$\{\w*:?-([^}]*)\}")
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\w+")
# `${TAG}` without a default: whoever deploys says which image
_SET_BY_A_DEPLOY = re.compile(
    r"^[#{<%@]\S*|\$\{?\w*(?:IMAGE|TAG|SHA|REGISTRY|REPOSITORY|COMMIT|BUILD\w*)(?:[:?][^}]*)?(?:\}|(?=[:/]|$))"
)
_PUSHED = re.compile(
    r"docker (?:image )?push\s+[\"']?(\S+)"
    r"|docker (?:buildx )?build\b[^\n]*\s(?:-t|--tag)[ =][\"']?(\S+)"
    r"|^\s*(?:tags|images|IMAGE\w*|\w*IMAGE(?:_NAME)?)\s*:\s*[|>]?-?\s*[\"']?([\w.-]+/[\w./${}-]+)",
    re.MULTILINE,
)
_NAME = re.compile(
    r"\"name\"\s*:\s*\"(?:@?[\w.-]+/)?([\w.-]+)\"|^name\s*=\s*[\"']([\w.-]+)"
    r"|^module \S*/([\w.-]+)$",
    re.MULTILINE,
)
_REMOTE = re.compile(r"([\w.-]+)/([\w.-]+?)(?:\.git)?/?\s*$")
_KIND = re.compile(r"(?<=\w)[-_](?:app|apps|monorepo|mono|core|microservices|docker|dockerized)$")
_SAYS_NOTHING = {"app", "api", "web", "server", "site", "docker", "client", "main", "project"}


def is_set_by_a_deploy(image: str) -> bool:
    """Whether whoever deploys says which release it is."""
    plain = _DEFAULT.sub(r"\1", image)
    variable = _SET_BY_A_DEPLOY.search(plain) if plain else None
    if variable is None:
        return False
    its_own = _repository(image).upper() in variable[0].upper()  # `postgres:${POSTGRES_TAG}`
    return not plain[0].isalnum() or namespaced(image) or not its_own


def is_own(files: FileIndex, image: str) -> bool:
    if is_set_by_a_deploy(image):
        return True
    repository = _repository(image)
    owners, names = _remotes(files)
    pairs = {f"{owner}/{name}" for owner in owners for name in names}
    *spaces, last = repository.split("/")
    if repository in _pushed(files) | pairs or (spaces and last in owners):
        return True
    called = {_KIND.sub("", name) for name in names | _names(files)} - _SAYS_NOTHING
    return any(
        _named_after(last, name) or any(_is_space_of(space, name) for space in spaces)
        for name in called
        if len(name) > 2
    )


def _is_space_of(space: str, name: str) -> bool:
    """Whether a namespace is called like the project: `mailcow` of mailcow-dockerized."""
    return _named_after(space, name) or _named_after(name, space) or space == f"{name}app"


def namespaced(image: str) -> bool:
    """Whether an image is no official one of Docker Hub: those have no namespace."""
    return "/" in _repository(image).removeprefix("library/")


def _named_after(word: str, name: str) -> bool:
    return word == name or word.startswith((f"{name}-", f"{name}_"))


def _repository(image: str) -> str:
    """Return the name without registry, tag, digest and variables.

    `${REGISTRY:-ghcr.io}/acme/shop:${TAG:-latest}` is `acme/shop`.
    """
    plain = _VARIABLE.sub("", _DEFAULT.sub(r"\1", image.lower())).partition("@")[0]
    bare = re.sub(r":[^/]*$", "", plain)
    return re.sub(r"^(?:[\w-]*[.:][\w.:-]*|localhost)/", "", bare).strip("/")


@cache
def _remotes(files: FileIndex) -> tuple[frozenset[str], frozenset[str]]:
    """Return the owners and the names of the repository, wherever it is pushed."""
    from rollback.settings.project import git

    urls = git(files.root, "config", "--get-regexp", r"^remote\..*\.url$") or ""
    found = [match for line in urls.lower().splitlines() if (match := _REMOTE.search(line))]
    return frozenset(match[1] for match in found), frozenset(match[2] for match in found)


@cache
def _names(files: FileIndex) -> frozenset[str]:
    """Return what the project is called by its folder and its package."""
    names = {files.root.name.lower()}
    for path in PROJECT_FILES:
        if files.has(path) and (match := _NAME.search(files.text(path))):
            names.add((match[1] or match[2] or match[3]).lower())
    return frozenset(names)


@cache
def _pushed(files: FileIndex) -> frozenset[str]:
    return frozenset(
        _repository(next(filter(None, groups)))
        for path in files.matching(*PIPELINES, *SCRIPTS)
        for groups in _PUSHED.findall(files.text(path))
    ) - {""}
