"""Which applications live in release folders here: by the settings, else by the folders of the project itself."""

from __future__ import annotations

import getpass
import os
import re
from typing import Any

from rollback.settings.environment import Environment
from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms.release_folders.host import Host, destination
from rollback.platforms.release_folders.question import ask
from rollback.shell import Shell
from rollback.text import clean

PLATFORM = "release-folders"


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """One for each path; its hosts are in the details. Raises Usage (no-path, bad-host), Unreadable (no-such-path, no-current, ...)."""
    found = [_target(environment, ask(names, path, shell)) for names, path in _places(environment)]
    return [target for target in found if target]


def _places(environment: Environment) -> list[tuple[list[str], str]]:
    settings, project = environment.settings, environment.project
    if settings.path:
        if re.search(r"[\x00-\x1f\x7f]", settings.path):
            raise Usage(
                "bad-path",
                f"path: {clean(settings.path)!r} holds control characters",
                "correct path: in the settings",
            )
        return [
            (
                [destination(host) for host in settings.hosts] or [""],
                settings.path if settings.hosts else str(project / settings.path),
            )
        ]
    if settings.hosts:
        raise Usage(
            "no-path",
            "hosts are named, but no path",
            "add path: (the folder with releases/ and current) to the settings",
        )
    folders = [
        place if place.is_dir() else place.parent
        for place in (project / one.path for one in environment.evidence)
    ]
    own = [
        folder
        for folder in dict.fromkeys([project, *folders])
        if (folder / "releases").is_dir() and os.path.lexists(folder / "current")
    ]
    if not own:
        fix = "add path: (and hosts:, when it lies on other machines) to .claude/deployment-rollback.yml"
        raise Usage(
            "no-path", "where the release folders lie is not written anywhere in this project", fix
        )
    return [([""], str(folder)) for folder in own]


def _target(environment: Environment, hosts: list[Host]) -> Target | None:
    if not any(host.folders or host.link for host in hosts):
        return None
    for host in hosts:
        _refuse(host)
    names = ",".join(host.name.removeprefix("ssh://") or host.machine for host in hosts)
    details = {
        "hosts": [_details(host) for host in hosts],
        "restart": list(environment.settings.restart),
        "user": _user(),
    }
    places = {"places": [host.where for host in hosts]} if len(hosts) > 1 else {}
    where = f"{names}:{hosts[0].path}"
    return Target(
        environment.name,
        PLATFORM,
        os.path.basename(hosts[0].path) or "/",
        where,
        environment.protected,
        {**details, **places},
    )


def _details(host: Host) -> dict[str, Any]:
    folder = host.folders.get(host.live or "")
    return {
        "host": host.name,
        "where": host.where,
        "path": host.path,
        "machine": host.machine,
        "key": host.key,
        "link": host.link,
        "live": host.live,
        "revision": folder.revision if folder else "",
        "log": host.log,
        "marked": folder is None or "BAD_RELEASE" in folder.marks,
    }


def _refuse(host: Host) -> None:
    link = f"{host.where}/current"
    if host.taken:
        raise Unreadable(
            "current-not-a-link",
            f"{link} is a folder, not a link: there is nothing to switch",
            "deploy with release folders first",
        )
    if host.link is None:
        raise Unreadable(
            "no-current",
            f"{link} does not exist: nothing says which release serves",
            "deploy once, or correct path: in the settings",
        )
    if host.live is None:
        message = f"{link} points outside its releases/, to {clean(host.link)}"
        raise Unreadable(
            "current-outside",
            message,
            "link it to a folder of releases/, or correct path: in the settings",
        )
    if re.search(r"[\x00-\x1f\x7f]", host.path + host.link):
        raise Unreadable("bad-path", f"{clean(link)} holds control characters", "rename it")


def _user() -> str:
    """Whom the marks name. Only what both tools could have written themselves."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return re.sub(r"[^\w.@-]", "", name)[:60] or "unknown"
