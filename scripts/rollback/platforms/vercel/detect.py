"""Vercel: its configuration, a linked project, an adapter for it, or a deploy step."""

from __future__ import annotations

import re
from pathlib import Path

from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.platforms._hosted.site import site
from rollback.detection.calls import called
from rollback.detection.configuring import configuring
from rollback.detection.pipelines import scripts, steps

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
_SERVICES = re.compile(
    r'"@vercel/(postgres|kv|blob|edge-config|global-config|functions|connect|queue)"\s*:'
)


def detect(files: FileIndex) -> list[Evidence]:
    configured = [
        *configuring(files, r"\{", "vercel.json", "now.json"),
        *configuring(files, r"@vercel/config|export (?:const|default)", "vercel.ts"),
    ]
    evidence = [site(path, f"{Path(path).name} configures it") for path in configured]
    evidence += [
        Evidence(80, path, ("deploy step for Vercel",), deploys=True)
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    evidence += [
        Evidence(65, path, ("calls a workflow named for Vercel",), deploys=True)
        for path in called(files, "vercel")
    ]
    evidence += [Evidence(65, path, (".vercelignore",)) for path in files.matching(".vercelignore")]
    evidence += [
        Evidence(60, path, ("built by Vercel's adapter",))
        for path in files.holding(_ADAPTER, *_CONFIGS)
    ]
    buttons = files.holding(r"vercel\.com/(?:new/clone|button|new/git)", "README.md", "readme.md")
    evidence += [
        _packages(files.text(path), path, bool(buttons))
        for path in files.holding(_PACKAGES, "package.json")
    ]
    evidence += [Evidence(30, path, ("button to deploy a copy on Vercel",)) for path in buttons]
    return _linked(files) + evidence


def _packages(text: str, path: str, button: bool) -> Evidence:
    """Judge its packages: analytics runs anywhere, several services of Vercel only there."""
    if len(set(_SERVICES.findall(text))) > 1:
        return Evidence(60, path, ("uses services of Vercel",))
    return Evidence(55 if button else 35, path, ("uses packages of Vercel",))


def _linked(files: FileIndex) -> list[Evidence]:
    """Return evidence from `.vercel/project.json`: this very folder is linked to a project.

    Git usually ignores the file.
    """
    linked = '"projectId"' in files.text(".vercel/project.json")
    return (
        [Evidence(95, ".vercel/project.json", ("linked to a Vercel project",), deploys=True)]
        if linked
        else []
    )
