"""Vercel: its configuration, a linked project, an adapter for it, or a deploy step."""

from __future__ import annotations

import json
from pathlib import Path

from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps

TITLE = "Vercel"
MARKERS = ("vercel.json", "vercel.ts", "now.json", ".vercelignore", "package.json")

_DEPLOY = (
    r"\bvercel(?:@\S+)? (?:deploy|--prod|--prebuilt|-t\b|--token)|amondnet/vercel-action|"
    r"vercel-(?:deploy-)?action@|now-deployment@"
)
_ADAPTER = r"@astrojs/vercel|@sveltejs/adapter-vercel|preset:\s*['\"]vercel"
_CONFIGS = ("astro.config.*", "svelte.config.*", "nuxt.config.*", "vite.config.*")
_PACKAGES = (
    r'"(?:@vercel/(?:analytics|speed-insights|remix|postgres|kv|blob|edge-config|functions)|'
    r'vercel-build)"\s*:'
)


def detect(files: FileIndex) -> list[Evidence]:
    configured = [
        path for path in files.matching("vercel.json", "vercel.ts", "now.json") if files.text(path)
    ]
    evidence = [Evidence(85, path, (f"{Path(path).name} configures it",)) for path in configured]
    evidence += [
        Evidence(80, path, ("deploy step for Vercel",))
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    evidence += [Evidence(65, path, (".vercelignore",)) for path in files.matching(".vercelignore")]
    evidence += [
        Evidence(60, path, ("built by Vercel's adapter",))
        for path in files.holding(_ADAPTER, *_CONFIGS)
    ]
    buttons = files.holding(r"vercel\.com/(?:new/clone|button|new/git)", "README.md", "readme.md")
    packages = files.holding(_PACKAGES, "package.json")
    evidence += [
        Evidence(55 if buttons else 35, path, ("uses packages of Vercel",)) for path in packages
    ]
    evidence += [Evidence(30, path, ("button to deploy a copy on Vercel",)) for path in buttons]
    return _linked(files.root) + evidence


def _linked(root: Path) -> list[Evidence]:
    """Return evidence from `.vercel/project.json`: this very folder is linked to a project.

    Git usually ignores the file.
    """
    try:
        linked = "projectId" in json.loads((root / ".vercel/project.json").read_text())
    except (OSError, ValueError, TypeError):
        return []
    return [Evidence(95, ".vercel/project.json", ("linked to a Vercel project",))] if linked else []
