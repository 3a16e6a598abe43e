"""The site: the one that the settings name, else the one that the client has linked."""

from __future__ import annotations

import re

from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms._hosted import memory
from rollback.platforms._hosted.urls import base, host
from rollback.platforms.netlify import client, link
from rollback.platforms.netlify.client import Site
from rollback.platforms.netlify.details import Details
from rollback.platforms.netlify.settings import API, Settings
from rollback.settings.environment import PRODUCTION_LIKE, Environment, group
from rollback.shell import Shell
from rollback.text import clean

PLATFORM = "netlify"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_FIX = "set netlify: {site: ID, NAME or DOMAIN} in .claude/deployment-rollback.yml"


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return the site. Raises Usage (which-site, bad-site), Unreadable (no-such-site, ...)."""
    settings = group(environment, Settings)
    api = base(settings.api).removesuffix("/api/v1")  # as the client's NETLIFY_API_URL has it
    site = _read(api, settings.site or _linked(environment))
    memory.keep(shell, client.SITE, site.id, site)
    at = "" if api == API else f" at {host(api)}"
    team = f" of {clean(site.account_name, 40)}" if site.account_name else ""
    return [
        Target(
            environment=environment.name,
            component=environment.component,
            platform=PLATFORM,
            app=site.name,
            where=f"{host(api)}/{site.id}",
            protected=environment.protected,
            details=Details(api, site.id, site.account_id, site.name),
            location=f"Netlify site {site.name}{team}{at}",
        )
    ]


def _linked(environment: Environment) -> str:
    """Return the site of the link. Only production is what it surely means."""
    site = link.site_of(environment.project)
    names = (environment.name, *environment.settings.aliases)
    if site and any(name in PRODUCTION_LIKE for name in names):
        return site
    known = clean(link.stated(environment.project), 300)
    message = f"which Netlify site is {environment.name}? This folder: {known}"
    raise Usage("which-site", message, _FIX)


def _read(api: str, name: str) -> Site:
    if not _NAME.fullmatch(name):
        message = f"site: {clean(name)!r} is not the id, name or domain of a Netlify site"
        raise Usage("bad-site", message, _FIX)
    asked = name if _ID.fullmatch(name) or "." in name else f"{name}.netlify.app"
    try:
        site = client.site(client.connect(api), asked)
    except Unreadable as error:
        if error.code != "not-found":
            raise
        message = f"Netlify has no site {name}, or this account is not of its team"
        raise Unreadable("no-such-site", message, f"{_FIX}, or use another account") from None
    if not _is_asked_for(site, asked):
        message = f"asked for the site {asked}, Netlify answered with {clean(site.name, 60)}"
        raise Unreadable("bad-answer", message, "set the site's id in the settings")
    return site


def _is_asked_for(site: Site, asked: str) -> bool:
    domains = (f"{site.name}.netlify.app", site.custom_domain, *site.domain_aliases)
    return asked == site.id or asked.lower() in map(str.lower, domains)
