"""GitHub: a status of a deployment, with the CI's token.

The variable holds the deployment's `statuses_url`; in Actions that is
`github.event.deployment.statuses_url`.
Source: docs.github.com, "REST API endpoints for deployment statuses".
"""

from __future__ import annotations

from collections.abc import Mapping

from rollback.errors import Usage
from rollback.model import Notice
from rollback.notify import _words
from rollback.notify._receiver import Post
from rollback.text import clean

API = "https://api.github.com"
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
_MOST = 140  # characters of a description
_STATES = {
    "started": "in_progress",
    "done": "success",
    "restored": "success",
    "failed": "failure",
}


def post(notice: Notice, url: str, variables: Mapping[str, str]) -> Post:
    """Return the status. Raises Usage (notify-unset, notify-url): the token goes to GitHub only."""
    base = variables.get("GITHUB_API_URL") or API
    if not url.startswith(f"{base.rstrip('/')}/"):
        message = f"the address for GitHub is not below {clean(base, 80)}: it gets no token"
        raise Usage("notify-url", message, "use the deployment's statuses_url")
    token = next((variables[name] for name in TOKENS if variables.get(name)), "")
    if not token:
        message = f"no token for GitHub: none of {', '.join(TOKENS)} is set"
        raise Usage("notify-unset", message, f"export {TOKENS[0]}")
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    description = clean(_words.title(notice), _MOST)
    return Post({"state": _STATES[notice.event], "description": description}, headers)
