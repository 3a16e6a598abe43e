"""Helm: charts, helmfiles, Flux releases, or a deploy step."""

from __future__ import annotations

from rollback.detection.files import FileIndex, folder
from rollback.model import Evidence
from rollback.detection.calls import called
from rollback.detection.pipelines import scripts, steps

MARKERS = ("Chart.yaml", "helmfile.yaml", "helmfile.yml", "helmfile.yaml.gotmpl", "werf.yaml")

_DEPLOY = (
    r"\bhelm3? (?:--?\S+(?: (?!-)\S+)? )*(?:upgrade|install)\b(?! *(?:the|helm|plugin)\b)|"
    r"\bhelmfile\b[^\n|;&]*\b(?:sync|apply)\b|"
    r"/[\w-]*helm[-_]deploy[\w-]*@|WyriHaximus/github-action-helm|HelmDeploy@"
)
_NAME = r"(?<!release[-_])helm(?![-_](?:chart[-_])?release)"  # a chart's release: its publication
_FILES = ("helmfile*.y*ml", "helmfile*.gotmpl", "**/helmfile.d/*.yaml")
_FLUX = (
    "*release*.y*ml",
    "helm*.y*ml",
    "**/cluster*/**/*.y*ml",
    "**/apps/**/*.y*ml",
    "**/infrastructure/**/*.y*ml",
    "**/k*s/**/*.y*ml",
)


def detect(files: FileIndex) -> list[Evidence]:
    evidence = [
        _chart(files, path) for path in files.matching("Chart.yaml") if not _is_bundled(files, path)
    ]
    evidence += [
        Evidence(80, path, ("helmfile",))
        for path in files.holding(r"^\s*(?:releases|helmfiles|bases)\s*:", *_FILES)
    ]
    if files.matching("**/.helm/templates/*.yaml"):
        evidence += [
            Evidence(75, folder(path), ("chart that werf deploys",))
            for path in files.matching("werf.yaml")
        ]
    evidence += [
        Evidence(75, path, ("deploy step with helm upgrade",), deploys=True)
        for path in steps(files, _DEPLOY)
    ]
    evidence += [
        Evidence(55, path, ("deploy script with helm upgrade",), deploys=True)
        for path in scripts(files, _DEPLOY)
    ]
    evidence += [
        Evidence(65, path, ("calls a workflow named for Helm",), deploys=True)
        for path in called(files, _NAME)
    ]
    releases = [
        path
        for path in files.holding(r"^[\"']?kind[\"']?:\s*[\"']?HelmRelease\b", *_FLUX)
        if "/templates/" not in path
    ]
    return evidence + [
        Evidence(75, folder(path), ("Flux HelmRelease",), deploys=True) for path in releases
    ]


def _chart(files: FileIndex, path: str) -> Evidence:
    text = files.text(path)
    if "name:" not in text:
        return Evidence(20, folder(path), ("Chart.yaml without a name",))
    if "\ntype: library" in text:
        return Evidence(40, folder(path), ("library chart: nothing of its own to deploy",))
    return Evidence(85, folder(path), ("Helm chart",))


def _is_bundled(files: FileIndex, path: str) -> bool:
    """A chart inside another chart's charts/ folder is a part of that one."""
    owner, bundled, _ = path.rpartition("/charts/")
    return bool(bundled) and files.has(f"{owner}/Chart.yaml")
