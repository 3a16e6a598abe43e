"""Docker Compose: files that run the application itself; a developer's database and tools are no deployment."""

from __future__ import annotations

import re
from functools import cache

from rollback.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.pipelines import scripts, steps
from rollback.platforms.docker_compose.images import bare_language, beside_the_application
from rollback.platforms.docker_compose.scan import Service, services

MARKERS = ("*compose*.yml", "*compose*.yaml")

_UP = r"docker[ -]compose\b[^\n|;&]*\bup\b"
_REMOTE = r"appleboy/ssh-action|\bssh\b[^\n]*(?:@|\$)|DOCKER_HOST|docker context|docker -H|ssh-deploy"
_DEVELOPER = re.compile(
    r"(?:^|[-_.])(?:dev|devel|develop|development|local|localhost|tests?|testing|overrides?|ci|debug|e2e|devcontainer|integration|benchmarks?|bench|"
    r"lint|sandbox|perf|deps|dependencies|dev[a-z]*env|hot|watch|xdebug|gitpod|vscode|tools)(?:[-_.]|$)"
)
_PRODUCTION = re.compile(
    r"(?:^|[-_.])(?:prod|production|release|self-?host\w*|live|deploy\w*|hosting|hobby|standalone|on-?prem\w*)(?:[-_.]|$)"
)
_MOUNT = re.compile(r"^\s*-\s*[\"']?(\.[\w./-]*|\$\{?PWD\}?[\w./-]*):/|\bsource\s*:\s*[\"']?(\.[\w./-]*)", re.MULTILINE)
_LIVE = re.compile(r"\baction:\s*(?:sync|rebuild)|^\s+develop\s*:", re.MULTILINE)
_CODE = tuple(f"*.{kind}" for kind in ["py", "rb", "js", "ts", "jsx", "tsx", "go", "php", "java", "kt", "rs", "ex", "exs", "cs", "vue", "scala"])
_MODE = r"(?:NODE_ENV|RAILS_ENV|FLASK_ENV|APP_ENV|MIX_ENV|ASPNETCORE_ENVIRONMENT)[\"']?\s*[:=]\s*[\"']?"
_DEVELOPMENT = re.compile(
    r"run (?:start:)?dev\b|(?:yarn|pnpm|bun|npm) (?:start:)?dev\b|nodemon|runserver|--reload\b|\bwebpack|--watch|\bair\b|flask run|sleep infinity|"
    r"tail -f /dev/null|artisan serve|target:\s*[\"']?(?:dev|development|local)\b|dockerfile:.*\b(?:dev|local|develop)|go run|dotnet watch|"
    rf"cargo watch|ts-node-dev|\bvite\b|command:.*\b(?:npm test|pytest|rspec|run tests?|/bin/true)\b|{_MODE}(?:dev|local|test)",
    re.IGNORECASE,
)
_KEPT_UP = re.compile(rf"restart\s*:\s*[\"']?(?:always|unless-stopped|on-failure)|restart_policy|{_MODE}prod", re.IGNORECASE)
_SOURCES = (
    "package.json", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "pyproject.toml", "setup.py",
    "requirements.txt", "Cargo.toml", "mix.exs", "*.sln", "*.csproj", "CMakeLists.txt", "manage.py",
)  # fmt: skip


def detect(files: FileIndex) -> list[Evidence]:
    found = [Evidence(80, path, ("deploy step runs docker compose on a host",)) for path in steps(files, _UP) if path in steps(files, _REMOTE)]
    found += [Evidence(65, path, ("deploy script runs docker compose",)) for path in scripts(files, _UP) if "deploy" in path]
    for path in files.matching(*MARKERS):
        if parts := services(files.text(path)):
            found.append(_judge(files, path, parts))
    return found


def _judge(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    own = [part for part in parts if not beside_the_application(part.name if part.built else part.image)]
    purpose = _purpose(path)
    if purpose == "production":
        return Evidence(80, path, ("compose file for production",)) if own else Evidence(45, path, ("infrastructure only",))
    if purpose == "development":
        return Evidence(30, path, ("named as a developer's compose file",))
    if not own:
        return _ready_images(files, path, parts)
    running = [part for part in own if not _is_development(files, path, part)]
    if 2 * len(running) <= len(own):
        return Evidence(35, path, ("its services mount the source or run development commands",))
    return _application(path, running)


def _purpose(path: str) -> str:
    """What the name says, the file's own before its folders'."""
    for word in reversed(path.lower().split("/")):
        if _DEVELOPER.search(word):
            return "development"
        if _PRODUCTION.search(word):
            return "production"
    return ""


def _application(path: str, running: list[Service]) -> Evidence:
    kept_up = any(_KEPT_UP.search(part.text) for part in running)
    pulled = any(part.image and not part.built for part in running)
    return Evidence(60 + 10 * kept_up + 5 * pulled, path, (f"runs {', '.join(part.name for part in running[:3])}",))


def _ready_images(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    """A stack of well-known images is a deployment only where there is no source it could serve during development."""
    has_source = any(folder(source) in (".", folder(path)) for source in files.matching(*_SOURCES))
    if not has_source and len(parts) > 1 and _KEPT_UP.search(files.text(path)):
        return Evidence(60, path, ("a stack of ready images, and no source beside it",))
    return Evidence(30, path, ("starts only databases and tools",))


def _is_development(files: FileIndex, path: str, part: Service) -> bool:
    if (bare_language(part.image) and not part.built) or _DEVELOPMENT.search(part.text):
        return True
    if not part.built or _KEPT_UP.search(part.text):
        return False
    return bool(_LIVE.search(part.text)) or any(_is_source(files, path, one or other) for one, other in _MOUNT.findall(part.text))


def _is_source(files: FileIndex, path: str, mounted: str) -> bool:
    """Does the mounted folder hold the program's code? Configuration, data and certificates are mounted in production too."""
    place = join(folder(path), re.sub(r"^\$\{?PWD\}?", ".", mounted))
    return place in _code_folders(files) or place == folder(path)


@cache
def _code_folders(files: FileIndex) -> set[str]:
    """Every folder with code somewhere below it."""
    found: set[str] = set()
    for place in files.folders(*_CODE):
        while place not in found:
            found.add(place)
            place = folder(place) if place != "." else "."
    return found
