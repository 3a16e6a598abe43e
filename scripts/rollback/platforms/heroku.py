"""Heroku: a Procfile that Heroku runs, an app manifest, or a deploy step."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps

TITLE = "Heroku"
MARKERS = ("Procfile", "app.json", "heroku.yml", ".buildpacks", ".slugignore", "Aptfile")

_DEPLOY = (
    r"/heroku-(?:docker-)?deploy@|git\.heroku\.com|"
    r"heroku (?:container:release|builds:create|pipelines:promote)|"
    r"git push (?:-f |--force )?heroku|"
    r"heroku/deploy-via-git|provider[:=] ?heroku"
)
_MANIFEST = re.compile(r'"(?:buildpacks|formation|addons|postdeploy|pr-predestroy|stack)"\s*:')
_PROCESS = re.compile(r"^(?:release|web|worker|clock|bot)\s*:\s*\S.*$", re.MULTILINE)
_DEVELOPMENT = re.compile(
    r"^[\w-]+\s*:.*(?:--watch|\bwatch\b|nodemon|webpack|\bvite\b|runserver|--reload|run dev|"
    r"yarn dev|\bguard\b|mailcatcher|mailhog|"
    r"redis-server|postgres\b|\btailwind|\bdocker |start:dev|\bair\b|"
    r"minio server|(?:go|cargo) run|next dev|bin/dev|livereload|rails s(?:erver)?\b(?!.*PORT))",
    re.MULTILINE,
)
_ELSEWHERE = (
    "fly.toml",
    "render.yaml",
    "DOKKU_SCALE",
    "CHECKS",
    "scalingo.json",
    "railway.json",
    "railway.toml",
    ".ebextensions/*",
    "config/deploy.yml",
    "Capfile",
    "Chart.yaml",
    "kustomization.yaml",
    "helmfile.yaml",
    ".copilot/config.yml",
    "**/copilot/*/manifest.yml",
)
_ELSEWHERE_STEP = (
    r"dokku|flyctl|fly deploy|eb deploy|beanstalk|gigalixir|scalingo|piku|kubectl |helm upgrade|"
    r"aws ecs |amazon-ecs-deploy|webapps-deploy|"
    r"az webapp |gcloud (?:run|app) |\bcf push|kamal deploy|docker stack deploy|"
    r"docker[ -]compose [^\n]*\bup\b[^\n]* -d|ssh-action@"
)
_NAMING = ("README.md", "package.json", "Gemfile", "requirements.txt", "Pipfile", "pyproject.toml")
_BESIDE = (
    ".slugignore",
    ".buildpacks",
    "Aptfile",
    "runtime.txt",
    "system.properties",
    "elixir_buildpack.config",
    "phoenix_static_buildpack.config",
)


def detect(files: FileIndex) -> list[Evidence]:
    evidence = [
        Evidence(85, path, ("deploy step for Heroku",))
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    evidence += [
        Evidence(80, path, ("heroku.yml builds and runs it",))
        for path in files.holding(r"^(?:build|run|setup|release)\s*:", "heroku.yml")
    ]
    button = files.holding(r"heroku\.com/deploy", "README.md", "readme.md", "README.rst")
    manifests = [
        path
        for path in files.matching("app.json")
        if _MANIFEST.search(files.text(path)) or (button and '"expo"' not in files.text(path))
    ]
    evidence += [Evidence(70, path, ("app.json describes a Heroku app",)) for path in manifests]
    evidence += [
        Evidence(65, path, ("a step for Heroku's build",))
        for path in files.holding(r'"heroku-(?:pre|post)build"\s*:', "package.json")
    ]
    return evidence + [
        _procfile(files, path, bool(evidence)) for path in files.matching("Procfile")
    ]


def _procfile(files: FileIndex, path: str, heroku_elsewhere: bool) -> Evidence:
    text, here = files.text(path), folder(path)
    if _DEVELOPMENT.search(text) or not _PROCESS.search(text):
        return Evidence(25, path, ("Procfile for a process runner during development",))
    signs = [sign for sign in _BESIDE if files.has(join(here, sign))]
    if re.search(r"^release\s*:", text, re.MULTILINE):
        signs.append("a release phase")
    if any("heroku" in files.text(join(here, name)).lower() for name in _NAMING):
        signs.append("Heroku is named beside it")
    if heroku_elsewhere or signs:
        return Evidence(80 if heroku_elsewhere else 70, path, ("Procfile", *signs))
    if (
        files.matching(*_ELSEWHERE)
        or files.holding(r"^applications\s*:", "manifest.yml")
        or steps(files, _ELSEWHERE_STEP)
    ):
        return Evidence(40, path, ("Procfile, without any other sign of Heroku",))
    if not re.search(r"^web\s*:", text, re.MULTILINE) and files.has(join(here, "Dockerfile")):
        return Evidence(40, path, ("Procfile without a web process, beside a Dockerfile",))
    return Evidence(55, path, ("Procfile with a production process",))
