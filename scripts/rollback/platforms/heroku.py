"""Heroku: a Procfile that Heroku runs, an app manifest, or a deploy step."""

from __future__ import annotations

import re

from rollback.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.pipelines import scripts, steps

TITLE = "Heroku"
MARKERS = ("Procfile", "app.json", "heroku.yml", ".buildpacks", ".slugignore", "Aptfile")

_DEPLOY = r"akhileshns/heroku-deploy|git\.heroku\.com|heroku (?:container:release|builds:create|pipelines:promote)|git push heroku|heroku/deploy-via-git|provider: heroku"
_MANIFEST = re.compile(r'"(?:buildpacks|formation|addons|postdeploy|pr-predestroy|stack)"\s*:')
_PRODUCTION = re.compile(r"^(?:release|web)\s*:.*$", re.MULTILINE)
_SERVES = re.compile(r"\$\{?PORT|gunicorn|uvicorn|puma|unicorn|bin/rails server|waitress|daphne|java .*-jar|bin/heroku|npm (?:run )?start|node \S+|php-(?:apache|nginx)|/bin/")
_DEVELOPMENT = re.compile(
    r"^\w+\s*:.*(?:--watch|\bwatch\b|nodemon|webpack|vite|runserver|--reload|run dev|yarn dev|guard|mailcatcher|mailhog|redis-server|postgres\b|tailwind|"
    r"docker|npm run start:dev|air\b|minio server)", re.MULTILINE)  # fmt: skip
_ELSEWHERE = ("fly.toml", "render.yaml", "DOKKU_SCALE", "CHECKS", "scalingo.json", "railway.json", "railway.toml", ".ebextensions/*", "config/deploy.yml")


def detect(files: FileIndex) -> list[Evidence]:
    found = [Evidence(85, path, ("deploy step for Heroku",)) for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))]
    found += [Evidence(80, path, ("heroku.yml builds and runs it",)) for path in files.holding(r"^(?:build|run|setup|release)\s*:", "heroku.yml")]
    manifests = [path for path in files.matching("app.json") if _MANIFEST.search(files.text(path))]
    found += [Evidence(70, path, ("app.json describes a Heroku app",)) for path in manifests]
    return found + [_procfile(files, path, bool(found)) for path in files.matching("Procfile")]


def _procfile(files: FileIndex, path: str, heroku_elsewhere: bool) -> Evidence:
    text, here = files.text(path), folder(path)
    if _DEVELOPMENT.search(text) or not _PRODUCTION.search(text):
        return Evidence(25, path, ("Procfile for a process runner during development",))
    signs = [sign for sign in (".slugignore", ".buildpacks", "Aptfile", "runtime.txt", ".python-version") if files.has(join(here, sign))]
    if re.search(r"^release\s*:", text, re.MULTILINE):
        signs.append("a release phase")
    if files.holding(r"heroku", join(here, "README.md"), join(here, "package.json"), join(here, "Gemfile"), join(here, "requirements.txt"), "README.md"):
        signs.append("Heroku is named beside it")
    if heroku_elsewhere or signs:
        return Evidence(80 if heroku_elsewhere else 70, path, ("Procfile", *signs))
    if files.matching(*_ELSEWHERE) or not _SERVES.search(text):
        return Evidence(40, path, ("Procfile, without any other sign of Heroku",))
    return Evidence(55, path, ("Procfile whose web process is a production server",))
