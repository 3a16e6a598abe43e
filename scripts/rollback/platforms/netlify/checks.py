"""Whether the site answers on its own address, and with the page of the published deploy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollback.model import Check, Move, Verdict
from rollback.platforms._hosted import pages
from rollback.platforms._hosted.pages import Page
from rollback.platforms.netlify import client, details
from rollback.platforms.netlify.client import Site
from rollback.shell import Shell
from rollback.text import clean

_CLOSED = (401, 403)  # a password for visitors, or a rule that keeps this machine away
_PASSING = (0, 408, 425, 429, 502, 503, 504)


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Report the front page of each site. Raises Unreadable."""
    for move in moves:
        facts = details.of(move.target)
        site = client.site(client.connect(facts.api), facts.id)
        yield of_site(site)


def of_site(site: Site) -> Check:
    live = site.published_deploy
    urls = [url for url in (site.address, live.url) if url]
    name = f"front page of {clean(site.name, 60)}"
    if len(urls) < 2:
        return Check(name, "unknown", "its address, or that of its deploy, is not known")
    page, own = pages.fetch(urls)
    verdict, detail = _judged(page, own, live.id)
    return Check(name, verdict, detail)


def _judged(page: Page, own: Page, deploy: str) -> tuple[Verdict, str]:
    if page.elsewhere:
        return "unknown", f"redirects to {clean(page.elsewhere, 60)}"
    if page.status in _CLOSED:
        return "unknown", f"answers {page.status}: not open to everybody"
    if page.status in _PASSING:
        return "waiting", f"answers {page.status}" if page.status else "no answer"
    if not 200 <= page.status < 300:
        return "unhealthy", f"answers {page.status}"
    if page.digest != own.digest:
        return "unknown", f"answers {page.status}, with another page than {deploy} on its own"
    return "healthy", f"{page.status}, the page of {deploy}"
