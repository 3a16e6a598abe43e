"""Heroku: a Procfile that Heroku runs, an app manifest, or a deploy step."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.detection.calls import called, deployers
from rollback.detection.pipelines import scripts, steps

MARKERS = ("Procfile", "app.json", "heroku.yml", ".buildpacks", ".slugignore", "Aptfile")

_DEPLOY = (
    r"/heroku-(?:docker-)?deploy@|git\.heroku\.com|"
    r"heroku (?:container:release|builds:create|pipelines:promote)|"
    r"git push (?:-f |--force )?heroku|"
    r"heroku/deploy-via-git|provider[:=] ?heroku|"
    r"heroku run [^\n]*(?:--remote|-r|--app|-a)\b"
)
_MANIFEST = re.compile(r'"(?:buildpacks|formation|addons|postdeploy|pr-predestroy|stack)"\s*:')
_ADDONS = re.compile(r'"addons"\s*:\s*[\[{]\s*["{]')
_PROCESS = re.compile(r"^(?:release|web|worker|clock|bot)\s*:\s*\S.*$", re.MULTILINE)
_DEVELOPMENT = re.compile(
    r"^[\w-]+\s*:.*(?:--watch|\bwatch\b|nodemon|webpack|\bvite\b|runserver|--reload|run dev|"
    r"yarn dev|\bguard\b|mailcatcher|mailhog|"
    r"redis-server|postgres\b|\btailwind|\bdocker |start:dev|\bair\b|"
    r"minio server|(?:go|cargo) run|next dev|bin/dev|livereload|rails s(?:erver)?\b(?!.*PORT))",
    re.MULTILINE,
)
_RELEASE = re.compile(r"^release\s*:", re.MULTILINE)
_NAMING = ("README.md", "package.json", "Gemfile", "requirements.txt", "Pipfile", "pyproject.toml")
_IMAGE = r"docker (?:image |buildx )?(?:build|push)\b|build-push-action|pack build|kaniko|buildah"
_SHARED = (".slugignore", ".buildpacks")
_BESIDE = (
    "Aptfile",
    "runtime.txt",
    "system.properties",
    "elixir_buildpack.config",
    "phoenix_static_buildpack.config",
)


def detect(files: FileIndex) -> list[Evidence]:
    evidence = [
        Evidence(85, path, ("deploy step for Heroku",), deploys=True)
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    evidence += [
        Evidence(65, path, ("calls a workflow named for Heroku",), deploys=True)
        for path in called(files, "heroku")
    ]
    evidence += [
        Evidence(80, path, ("heroku.yml builds and runs it",))
        for path in files.holding(r"^(?:build|run|setup|release)\s*:", "heroku.yml")
    ]
    button = files.holding(r"heroku\.com/deploy", "README.md", "readme.md", "README.rst")
    manifests = [
        path
        for path in files.matching("app.json")
        if _is_for_heroku(files.text(path), bool(button))
    ]
    evidence += [_manifest(files, path, bool(button)) for path in manifests]
    evidence += [
        Evidence(65, path, ("a step for Heroku's build",))
        for path in files.holding(r'"heroku-(?:pre|post)build"\s*:', "package.json")
    ]
    elsewhere = [row for row in evidence if row.strength > 50]
    return evidence + [_procfile(files, path, elsewhere) for path in files.matching("Procfile")]


def _manifest(files: FileIndex, path: str, button: bool) -> Evidence:
    """Judge an app.json: Heroku also reads it for nothing but the apps that reviewers see."""
    reason = ("app.json describes a Heroku app",)
    if button or files.has(join(folder(path), "heroku.yml")):
        return Evidence(70, path, reason)
    if files.has(join(folder(path), "Procfile")):
        return Evidence(70, path, reason, gives_way="steps", asks=True)
    if _ADDONS.search(files.text(path)):
        return Evidence(70, path, reason, gives_way="any", asks=True)
    return Evidence(45, path, ("app.json without a Procfile",))


def _is_for_heroku(manifest: str, button: bool) -> bool:
    """Whether an app.json is Heroku's: Expo's and Dokku's have the same name."""
    if re.search(r'"(?:expo|dokku)"', manifest):
        return False
    return button or bool(_MANIFEST.search(manifest))


def _procfile(files: FileIndex, path: str, elsewhere: list[Evidence]) -> Evidence:
    text, here = files.text(path), folder(path)
    if path in files.unread:
        return Evidence(30, path, (f"Procfile {files.unread[path]}",))
    released = bool(_RELEASE.search(text))
    if (_DEVELOPMENT.search(text) and not released) or not _PROCESS.search(text):
        return Evidence(25, path, ("Procfile for a process runner during development",))
    own, shared = _signs(files, here, released)
    signs = ("Procfile", *own, *shared)
    if elsewhere:
        gives_way = min((row.gives_way for row in elsewhere), key=("", "steps", "any").index)
        return Evidence(80, path, signs, gives_way=gives_way, asks=gives_way != "")
    if _is_of_an_image(files, here, released) or (deployers(files) and not own):
        return Evidence(40, path, ("Procfile as the process list of an image",))
    if own or shared:
        return Evidence(70, path, signs, gives_way="steps" if own else "any", asks=True)
    return Evidence(55, path, ("Procfile with a production process",), gives_way="any", asks=True)


def _signs(files: FileIndex, here: str, released: bool) -> tuple[list[str], list[str]]:
    """Return signs of Heroku itself, and those that Dokku and Scalingo have as well."""
    own = [sign for sign in _BESIDE if files.has(join(here, sign))]
    if any("heroku" in files.text(join(here, name)).lower() for name in _NAMING):
        own.append("Heroku is named beside it")
    shared = [sign for sign in _SHARED if files.has(join(here, sign))]
    return own, shared + ["a release phase"] * released


def _is_of_an_image(files: FileIndex, here: str, released: bool) -> bool:
    """Whether an image is built beside it.

    No image has a release phase: with one, a Dockerfile that no pipeline builds is a developer's.
    """
    if files.has(join(here, "project.toml")):
        return True
    built = files.has(join(here, "Dockerfile"))
    return built and (not released or bool(steps(files, _IMAGE)))
