"""What migrates when the old release starts: read from its files, named only where it is certain."""

from __future__ import annotations

import re

import pytest

from rollback.flow import boot
from rollback.migrations import migrations

ALEMBIC = "alembic upgrade head"
STARTS = {
    "the release phase": {"Procfile": f"web: gunicorn app\nrelease: {ALEMBIC}\n"},
    "a command in a list": {
        "Dockerfile": 'FROM x\nCMD ["alembic", "-c", "a.ini", "upgrade", "head"]\n'
    },
    "a command as text": {"api/Dockerfile": f"CMD {ALEMBIC} && \\\n  uvicorn app\n"},
    "a script of the image": {
        "Dockerfile": 'ENTRYPOINT ["/app/entrypoint.sh"]\n',
        "docker/entrypoint.sh": f'#!/bin/sh\nset -e\n{ALEMBIC}\nexec "$@"\n',
    },
    "a script of a script": {
        "Procfile": "web: bin/start.sh",
        "bin/start.sh": "sh bin/migrate.sh && gunicorn app",
        "bin/migrate.sh": "flask --app shop db upgrade",
    },
    "a service": {"compose.yaml": f"services:\n  migrate:\n    command: {ALEMBIC}\n"},
    "a service's list": {
        "docker-compose.yml": "services:\n  web:\n    entrypoint: [poetry, run]\n"
        "    command:\n      - alembic\n      - upgrade\n      - head\n"
    },
    "a container that runs first": {
        "k8s/api.yaml": "kind: Deployment\nspec:\n  initContainers:\n  - command:\n    - alembic\n"
        "    - upgrade\n    - head\n"
    },
    "a hook of a rollback": {
        "chart/templates/job.yaml": "kind: Job\nmetadata:\n  annotations:\n"
        f'    "helm.sh/hook": pre-upgrade,pre-rollback\nspec:\n  args: ["-c", "{ALEMBIC}"]\n'
    },
}
DOES_NOT = {
    "a comment": {"Dockerfile": f"# CMD {ALEMBIC}\nCMD gunicorn app\n"},
    "an overridden command": {"Dockerfile": f"CMD {ALEMBIC}\nCMD gunicorn app\n"},
    "a script that nothing starts": {"bin/migrate.sh": ALEMBIC, "Dockerfile": "CMD gunicorn app\n"},
    "a step of the build": {"Dockerfile": f"RUN {ALEMBIC}\nCMD gunicorn app\n"},
    "another command": {"Procfile": "release: alembic current && echo upgrade\n"},
    "an example": {"docs/compose.yaml": f"services:\n  web:\n    command: {ALEMBIC}\n"},
    "a file for development": {
        "Dockerfile.dev": f"CMD {ALEMBIC}\n",
        "docker-compose.test.yml": f"services:\n  web:\n    command: {ALEMBIC}\n",
    },
    "a hook of an upgrade": {
        "chart/templates/job.yaml": f"kind: Job\n  helm.sh/hook: pre-upgrade\n  args: [{ALEMBIC}]\n"
    },
    "what is no YAML": {"compose.yaml": "services: [\n", "k8s/a.yaml": "{{ kind: Deployment"},
}


def places(files: dict[str, str], tool: str = "alembic") -> list[str]:
    command = migrations[tool].REFUSES_NEWER
    return [place for place, text in boot.at_start(files).items() if re.search(command, text)]


@pytest.mark.parametrize("files", STARTS.values(), ids=STARTS)
def test_what_migrates_at_the_start_is_named(files):
    assert len(places(files)) == 1
    assert any(path in places(files)[0] for path in files)


@pytest.mark.parametrize("files", DOES_NOT.values(), ids=DOES_NOT)
def test_what_does_not_certainly_start_is_not_named(files):
    assert places(files) == []


@pytest.mark.parametrize(
    "tool, command",
    [
        ("knex", "npx knex --env production migrate:latest"),
        ("node-pg-migrate", "node_modules/.bin/node-pg-migrate -m db up"),
        ("golang-migrate", "migrate -path db -database $URL up"),
        ("sql-folders", "sqlx migrate run --source db"),
        ("sql-folders", "sql-migrate up -env=production"),
    ],
)
def test_scripts_of_a_package_are_followed(tool, command):
    files = {
        "package.json": f'{{"scripts": {{"prestart": "{command}", "start": "node app.js"}}}}',
        "Dockerfile": "CMD npm start\n",
    }
    assert places(files, tool) == ["start of package.json, run by CMD of Dockerfile"]


@pytest.mark.parametrize(
    "command", ["sqlx migrate run --ignore-missing", "sqlx migrate info", "sql-migrate status"]
)
def test_commands_that_go_on_over_newer_migrations_are_not_named(command):
    assert places({"Procfile": f"release: {command}\n"}, "sql-folders") == []


def test_hostile_files_take_no_time():
    text = "CMD alembic " + "alembic x " * 20000
    assert places({"Dockerfile": text, "package.json": "[", "Procfile": ":"}) == []
