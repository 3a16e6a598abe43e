"""Release folders: Capistrano, Deployer and their like, or the folder layout itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps

MARKERS = ("Capfile", "deploy.php", "deploy.yaml", "deploy.yml", "deploy.rb")

_DEPLOY = (
    r"\bcap (?:production|staging|\S+) deploy|deployphp/action|\bdep deploy\b|vendor/bin/dep deploy|\bmina deploy|envoy run deploy|"
    r"ln -\w*s\w* [^\n]*/releases/[^\n]*\bcurrent\b"
)
_DEPLOYER = r"namespace Deployer|Deployer\\|recipe/|deployer/deployer"


def detect(files: FileIndex) -> list[Evidence]:
    found = [
        Evidence(100, path, ("holds releases/ and a link current",))
        for path in _layouts(files.root)
    ]
    capfiles = [
        path
        for path in files.holding(r"capistrano|^load ['\"]deploy", "Capfile")
        if "/templates/" not in path
    ]
    found += [Evidence(85, path, ("Capistrano",)) for path in capfiles]
    found += [
        Evidence(85, path, ("Deployer recipe",))
        for path in files.holding(_DEPLOYER, "deploy.php", "deployer.php")
    ]
    found += [
        Evidence(85, path, ("Deployer recipe",))
        for path in files.holding(r"^import:[^#]*(?:-\s*)?recipe/", "deploy.yaml", "deploy.yml")
    ]
    found += [
        Evidence(80, path, ("Mina",))
        for path in files.holding(
            r"mina/(?:rails|git|deploy|default)", "**/config/deploy.rb", "Minafile"
        )
    ]
    found += [
        Evidence(65, path, ("Shipit",)) for path in files.holding(r"shipit-deploy", "shipitfile.*")
    ]
    found += [
        Evidence(65, path, ("Envoy swaps a link current",))
        for path in files.holding(r"ln -\w+ .*current", "Envoy.blade.php")
    ]
    found += [
        Evidence(75, path, ("deploy step into release folders",))
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    found += [
        Evidence(75, path, ("Magallanes",)) for path in files.holding(r"^magephp\s*:", ".mage.yml")
    ]
    playbooks = files.holding(
        r"ansistrano|\bdeploy_helper:", "deploy*.y*ml", "requirements.y*ml", "**/deploy/**/*.y*ml"
    )
    found += [Evidence(75, path, ("Ansible deploys into release folders",)) for path in playbooks]
    if not found:
        found = [
            Evidence(70, path, ("Capistrano",))
            for path in files.holding(
                r"set :(?:deploy_to|repo_url|repository)", "**/config/deploy.rb"
            )
        ]
    return found


def _layouts(root: Path) -> list[str]:
    """On disk, whatever git says: past releases are seldom tracked. The project itself, or a folder directly in it."""
    try:
        with os.scandir(root) as entries:
            children = sorted(
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
                and entry.name not in ("node_modules", ".git")
            )
    except OSError:
        return []
    return [place for place in (".", *children[:100]) if _is_layout(os.path.join(root, place))]


def _is_layout(place: str) -> bool:
    current = os.path.join(place, "current")
    if not (os.path.islink(current) and os.path.isdir(os.path.join(place, "releases"))):
        return False
    return bool(re.search(r"(?:^|/)releases/[^/]+/?$", os.readlink(current)))
