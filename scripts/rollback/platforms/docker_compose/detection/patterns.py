"""Words and names that tell a compose file for production from a file for development."""

from __future__ import annotations

import re

# deploy steps
UP = r"docker[ -]compose\b[^\n|;&]*\bup\b"
MAKE_UP = r"\bmake (?:\S+ )*up\b"  # of a Makefile with compose in it
REMOTE = (
    r"appleboy/ssh-action|\bssh\b[^\n]*(?:@|\$)|DOCKER_HOST|docker context|docker -H|ssh-deploy"
)
# words of file and folder names
DEVELOPER = re.compile(
    r"(?:^|[-_.])(?:dev|devel|develop|development|local|localhost|tests?|testing|overrides?|ci|debug|e2e|devcontainer|github|circleci|gitlab|integration|benchmarks?|bench|"
    r"lint|sandbox|regtest|testnet|devnet|perf|deps|dependencies|dev[a-z]*env|hot|watch|xdebug|gitpod|vscode|tools|hack)(?:[-_.]|$)"
)
PRODUCTION = re.compile(
    r"(?:^|[-_.])(?:prod|production|release|self-?host\w*|live|deploy\w*|hosting|hobby|standalone|on-?prem\w*)(?:[-_.]|$)"
)
# a folder for what deploys: its tools lie there as well
DEPLOYING = re.compile(r"(?:^|[-_./])deploy\w*(?:[-_.][\w-]*)?/")
# in the comment at the top; the first match counts
PURPOSE = re.compile(
    r"(?P<development>\bnot (?:\w+ ){0,6}prod(?:uction)?\b|demonstration only|"
    r"for (?:(?:the|a|local) )*\W*development|development (?:only|setup|purposes|environment)|"
    r"local(?:ly| dev))|"
    r"(?:for|in) (?:a )?production|production (?:server |ready )?deploy|self-?\s?host|hobby deploy"
)
# what services do
MOUNT = re.compile(
    r"(?:^\s*-\s*|[\[,]\s*)[\"']?(\.[\w./-]*|\$\{?PWD\}?[\w./-]*):/|\bsource\s*:\s*[\"']?(\.[\w./-]*)",
    re.MULTILINE,
)
LIVE = re.compile(r"\baction:\s*(?:sync|rebuild)|^\s+develop\s*:", re.MULTILINE)
# output of the developer's own build, mounted over the image's
OUTPUT = re.compile(
    r"^\s*-\s*[\"']?\.{1,2}/(?:[\w./-]+/)?(?:build|target|out|coverage)/[\w./*-]*:/", re.MULTILINE
)
CODE = tuple(
    f"*.{kind}"
    for kind in [
        "py",
        "rb",
        "js",
        "ts",
        "jsx",
        "tsx",
        "go",
        "php",
        "java",
        "kt",
        "rs",
        "ex",
        "exs",
        "cs",
        "vue",
        "scala",
    ]
)
MODE = (
    r"(?:NODE_ENV|RAILS_ENV|FLASK_ENV|APP_ENV|MIX_ENV|ASPNETCORE_ENVIRONMENT|"
    r"SPRING_PROFILES_ACTIVE)[\"']?\s*[:=]\s*[\"']?"
)
DEVELOPMENT = re.compile(
    r"run dev\b|\bstart:dev\b|(?:yarn|pnpm|bun|npm) dev\b|nodemon|runserver|--reload\b|\bwebpack|"
    r"--watch|\bair\b|flask run|sleep infinity|"
    r"tail -f /dev/null|target:\s*[\"']?(?:\$\{{\w+:-)?(?:dev|development|local|debug)\b|"
    r"dockerfile:.*\b(?:dev|local|develop)|(?:go|cargo) run|"
    rf"artisan serve|(?:dotnet|cargo) watch|next dev|dev_server|ts-node-dev|\bvite\b|"
    rf"command:.*\b(?:npm test|pytest|rspec|run tests?|/bin/true)\b|"
    rf"{MODE}(?:[\w-]+[,-])*?(?:dev|local|test)|^\s*image:\s*\S+(?:[-_]dev(?::\S+)?|:(?:dev|local|(?:circle)?ci\d*|tests?))[\"']?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
HELPER = re.compile(r"(?:tests?|lint|docs|shell|dev)$")  # names of services
KEPT_UP = re.compile(
    rf"restart\s*:\s*[\"']?(?:always|unless-stopped|on-failure)|restart_policy|{MODE}prod",
    re.IGNORECASE,
)
# what others reach, or what says how many are kept: no tool that does its work and ends
SERVED = re.compile(r"^\s*(?:ports|expose|labels|deploy|healthcheck)\s*:", re.MULTILINE)
SOURCES = (
    "package.json",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Gemfile",
    "composer.json",
    "pyproject.toml",
    "setup.py",
    "requirements.txt",
    "Cargo.toml",
    "mix.exs",
    "*.sln",
    "*.csproj",
    "CMakeLists.txt",
    "manage.py",
)
