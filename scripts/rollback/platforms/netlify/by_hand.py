"""Commands of the netlify client, as a person types them."""

from __future__ import annotations

import json
from shlex import join


def typed(operation: str, **data: str) -> str:
    """Return the call of an operation of the API; its values are strings."""
    return join(("netlify", "api", operation, "--data", json.dumps(data)))


def restore(site: str, deploy: str) -> str:
    return typed("restoreSiteDeploy", site_id=site, deploy_id=deploy)


def lock(deploy: str) -> str:
    return typed("lockDeploy", deploy_id=deploy)


def unlock(deploy: str) -> str:
    """Return the command that turns automatic publishing on."""
    return typed("unlockDeploy", deploy_id=deploy)


def cancel(deploy: str) -> str:
    return typed("cancelSiteDeploy", deploy_id=deploy)
