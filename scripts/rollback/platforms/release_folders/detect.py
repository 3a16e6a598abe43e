"""Recognise release folders: Capistrano, Deployer and similar tools, or the layout itself."""

from __future__ import annotations

import os
import re

from msgspec import Struct

from rollback.detection.files import FileIndex, join
from rollback.detection.pipelines import scripts, steps
from rollback.model import Evidence

MARKERS = ("Capfile", "deploy.php", "deploy.yaml", "deploy.yml", "deploy.rb")

_DEPLOY_COMMAND = (
    r"\bcap (?:production|staging|\S+) deploy|deployphp/action|\bdep deploy\b|"
    r"vendor/bin/dep deploy|\bmina deploy|envoy run deploy|"
    r"ln -\w*s\w* [^\n]*/releases/[^\n]*\bcurrent\b"
)
_DEPLOYER = r"namespace Deployer|Deployer\\|recipe/|deployer/deployer"
_DEPLOYER_IMPORT = r"^import:[^#]*(?:-\s*)?recipe/"


class _Rule(Struct, frozen=True):
    """Files with one of these names that match `pattern` are evidence."""

    strength: int
    reason: str
    pattern: str
    names: tuple[str, ...]


_RULES = (
    _Rule(85, "Capistrano", r"capistrano|^load ['\"]deploy", ("Capfile",)),
    _Rule(85, "Deployer recipe", _DEPLOYER, ("deploy.php", "deployer.php")),
    _Rule(85, "Deployer recipe", _DEPLOYER_IMPORT, ("deploy.yaml", "deploy.yml")),
    _Rule(80, "Mina", r"mina/(?:rails|git|deploy|default)", ("**/config/deploy.rb", "Minafile")),
    _Rule(65, "Shipit", r"shipit-deploy", ("shipitfile.*",)),
    _Rule(65, "Envoy swaps a link current", r"ln -\w+ .*current", ("Envoy.blade.php",)),
    _Rule(75, "Magallanes", r"^magephp\s*:", (".mage.yml",)),
    _Rule(
        75,
        "Ansible deploys into release folders",
        r"ansistrano|\bdeploy_helper:",
        ("deploy*.y*ml", "requirements.y*ml", "**/deploy/**/*.y*ml"),
    ),
)
# settings of Capistrano, but of other tools as well: only when nothing else is found
_WEAK_RULE = _Rule(
    70, "Capistrano", r"set :(?:deploy_to|repo_url|repository)", ("**/config/deploy.rb",)
)


def detect(files: FileIndex) -> list[Evidence]:
    layouts = [
        Evidence(100, path, ("holds releases/ and a link current",), deploys=True)
        for path in _layouts(files)
    ]
    commands = [
        Evidence(75, path, ("deploy step into release folders",), deploys=True)
        for path in (*steps(files, _DEPLOY_COMMAND), *scripts(files, _DEPLOY_COMMAND))
    ]
    rules = [evidence for rule in _RULES for evidence in _matches(rule, files)]
    return [*layouts, *rules, *commands] or _matches(_WEAK_RULE, files)


def _matches(rule: _Rule, files: FileIndex) -> list[Evidence]:
    return [
        Evidence(rule.strength, path, (rule.reason,), deploys=True)
        for path in files.holding(rule.pattern, *rule.names)
        if not (path.endswith("Capfile") and "/templates/" in path)  # a generator's template
    ]


def _layouts(files: FileIndex) -> list[str]:
    """Look in the project and the folders directly in it, on disk.

    Past releases are seldom in git.
    """
    try:
        with os.scandir(files.root) as entries:
            folders = sorted(entry.name for entry in entries if _is_candidate(entry))
    except OSError:
        return []
    return [path for path in (".", *folders[:100]) if _is_layout(files, path)]


def _is_candidate(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.name not in ("node_modules", ".git")


def _is_layout(files: FileIndex, folder: str) -> bool:
    target = files.link(join(folder, "current"))
    if not target or not re.search(r"(?:^|/)releases/[^/]+/?$", target):
        return False
    return os.path.isdir(files.root / folder / "releases")
