"""The applications in release folders: where the settings say, else in the project's own folder."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Sequence
from pathlib import Path

from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms.release_folders.details import Details, HostDetails
from rollback.platforms.release_folders.host import Host, destination
from rollback.platforms.release_folders.inspection import inspect
from rollback.platforms.release_folders.settings import Settings
from rollback.settings.environment import Environment, group
from rollback.shell import Shell
from rollback.text import clean

PLATFORM = "release-folders"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Location = tuple[list[str], str]  # hosts ("" is this machine), path


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return one target per path.

    Raises Usage (no-path, bad-path, bad-host), Unreadable (no-such-path, no-current, ...).
    """
    listed: list[Target] = []
    for names, path in _locations(environment):
        hosts = inspect(names, path, shell)
        if any(host.folders or host.link for host in hosts):
            listed.append(_target(environment, hosts))
    return listed


def _locations(environment: Environment) -> list[Location]:
    settings = group(environment, Settings)
    if settings.path:
        return [_configured(environment.project, settings.path, settings.hosts)]
    if settings.hosts:
        raise Usage(
            "no-path",
            "hosts: is set, but path: is not",
            "add path: (the folder with releases/ and current) to the settings",
        )
    folders = _inside_project(environment)
    if not folders:
        raise Usage(
            "no-path",
            "the settings do not say where the release folders are",
            "add path: (and hosts: if they are on other machines) "
            "to .claude/deployment-rollback.yml",
        )
    return [([""], str(folder)) for folder in folders]


def _configured(project: Path, path: str, names: Sequence[str]) -> Location:
    if _CONTROL.search(path):
        message = f"path: {clean(path)!r} contains control characters"
        raise Usage("bad-path", message, "correct path: in the settings")
    hosts = [destination(host) for host in names]
    return (hosts, path) if hosts else ([""], str(project / path))


def _inside_project(environment: Environment) -> list[Path]:
    """Return folders with releases/ and current: the project itself, or detected ones."""
    paths = [environment.project / evidence.path for evidence in environment.evidence]
    folders = [path if path.is_dir() else path.parent for path in paths]
    return [
        folder
        for folder in dict.fromkeys([environment.project, *folders])
        if (folder / "releases").is_dir() and os.path.lexists(folder / "current")
    ]


def _target(environment: Environment, hosts: list[Host]) -> Target:
    path = hosts[0].path
    where = f"{','.join(host.label for host in hosts)}:{path}"
    return Target(
        environment=environment.name,
        component=environment.component,
        platform=PLATFORM,
        app=os.path.basename(path) or "/",
        where=where,
        protected=environment.protected,
        places=tuple(host.where for host in hosts) if len(hosts) > 1 else (),
        details=Details(
            tuple(_host_details(host) for host in hosts),
            group(environment, Settings).restart,
            _user(),
        ),
        location=where,
    )


def _host_details(host: Host) -> HostDetails:
    link, live = _checked_link(host)
    folder = host.folders.get(live)
    return HostDetails(
        name=host.name,
        where=host.where,
        path=host.path,
        machine=host.machine,
        key=host.key,
        link=link,
        live=live,
        revision=folder.revision if folder else "",
        log=host.log,
        marked=folder is None or "BAD_RELEASE" in folder.marks,
    )


def _checked_link(host: Host) -> tuple[str, str]:
    """Return the text of `current` and the release it points to. Raises Unreadable."""
    name = f"{host.where}/current"
    if host.current_is_no_link:
        message = f"{name} is not a link: there is nothing to switch"
        raise Unreadable("current-not-a-link", message, "deploy once with release folders")
    if host.link is None:
        message = f"{name} does not exist, so the live release is unknown"
        raise Unreadable("no-current", message, "deploy once, or correct path: in the settings")
    if host.live is None:
        message = f"{name} points outside releases/, to {clean(host.link)}"
        fix = "link it to a folder in releases/, or correct path: in the settings"
        raise Unreadable("current-outside", message, fix)
    if _CONTROL.search(host.path + host.link):
        raise Unreadable("bad-path", f"{clean(name)} contains control characters", "rename it")
    return host.link, host.live


def _user() -> str:
    """Return the user that the marks name, in characters that both tools could have written."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return re.sub(r"[^\w.@-]", "", name)[:60] or "unknown"
