"""The commands that a report names for afterwards: whole, quoted, and for the right place."""

from __future__ import annotations

import shlex

import pytest

from rollback.contracts import rolls_back
from rollback.model import Target
from rollback.platforms import platforms
from rollback.platforms.docker_compose import details as compose
from rollback.platforms.ecs import details as ecs
from rollback.platforms.helm import details as helm
from rollback.platforms.heroku import details as heroku
from rollback.platforms.kubernetes import details as kubernetes
from rollback.platforms.netlify import details as netlify
from rollback.platforms.release_folders import details as folders
from rollback.platforms.vercel import details as vercel

HOST = {"where": "", "machine": "", "key": "", "link": "", "live": "", "revision": "", "log": None,
        "marked": False}  # fmt: skip
ODD = "a b$(touch x)'"
CASES = {
    "docker-compose": [
        (compose.Details("shop", "", ""), ["docker compose --project-name shop ps"]),
        (
            compose.Details("shop", "", "", tool=("docker-compose",)),
            ["docker ps --filter label=com.docker.compose.project=shop"],
        ),
    ],
    "ecs": [(ecs.Details("arn:c", "eu-1", "prod"), ["--profile prod", "--services shop"])],
    "helm": [
        (
            helm.Details(context="eu", namespace="web", name="shop", helm="4"),
            ["helm --kube-context eu --namespace web status shop"],
        )
    ],
    "heroku": [(heroku.Details("", "1", "shop"), ["heroku logs --tail --app shop"])],
    "kubernetes": [
        (
            kubernetes.Details(context="eu", namespace="web", kind="deployment", name="shop"),
            ["kubectl --context eu --namespace web get pods --watch", "logs deployment/shop"],
        )
    ],
    "netlify": [(netlify.Details("", "1-2", "", "shop"), ["""--data '{"site_id": "1-2"}'"""])],
    "release-folders": [
        (
            folders.Details((folders.HostDetails(name="deploy@web", path=f"/srv/{ODD}", **HOST),)),
            ["ssh deploy@web "],
        )
    ],
    "vercel": [
        (vercel.Details("", "slug=acme", "prj_1", "shop", ""), ["--project prj_1 --scope acme"]),
        (vercel.Details("", "", "prj_1", "shop", ""), ["--project prj_1"]),
    ],
}


@pytest.mark.parametrize("id", [id for id, module in platforms if rolls_back(module)])
def test_every_platform_says_how_to_watch_it(id: str) -> None:
    for details, parts in CASES[id]:
        target = Target("production", "app", id, "shop", "", True, details=details)
        lines = [shlex.join(words) for words in platforms[id].watch(target)]
        assert lines and all(any(part in line for line in lines) for part in parts), lines


def test_a_path_stays_one_word_on_the_other_side_of_ssh() -> None:
    ((details, _),) = CASES["release-folders"]
    target = Target("production", "app", "release-folders", "shop", "", True, details=details)
    ((_, _, remote),) = platforms["release-folders"].watch(target)
    assert shlex.split(remote) == ["readlink", f"/srv/{ODD}/current"]
