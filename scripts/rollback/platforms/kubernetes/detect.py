"""Kubernetes: manifests of workloads, kustomizations or a deploy step.

Templates of a chart belong to the chart.
"""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, inside
from rollback.model import Evidence
from rollback.detection.calls import called
from rollback.detection.pipelines import scripts, steps, tasks

MARKERS = ("*.yaml", "*.yml", "*.tf", "kustomization.yaml", "kustomization.yml", "skaffold.yaml")

_MANIFESTS = (
    "*.yaml",
    "*.yml",
    *(f"*.y*ml.{engine}" for engine in ("erb", "j2", "tmpl", "tpl", "template")),
    *(f"**/*k*s/*.{engine}" for engine in ("tmpl", "tpl", "template")),  # kubernetes/web.tmpl
)
_KINDS = r"(?:Deployment|StatefulSet|DaemonSet|CronJob|ReplicaSet|ReplicationController|Rollout)"
_END = r"[\"']?\s*(?:#.*)?$"
_WORKLOAD = re.compile(rf"^[\"']?kind[\"']?:\s*[\"']?{_KINDS}{_END}", re.MULTILINE)
_LIST = re.compile(rf"^kind:\s*[\"']?(?:\w*List){_END}", re.MULTILINE)
_LISTED = re.compile(rf"^[ -]+kind:\s*[\"']?{_KINDS}{_END}", re.MULTILINE)
_JSON = re.compile(
    rf"[{{,\s][\"']?kind[\"']?\s*:\s*[\"']?{_KINDS}[\"']?\s*(?:[,}}]|$)", re.MULTILINE
)
# what Argo CD or Flux deploys: its group, and its kind
_GITOPS = tuple(
    (
        re.compile(rf"^apiVersion:\s*[\"']?{group}{_END}", re.MULTILINE),
        re.compile(rf"^kind:\s*[\"']?{kind}{_END}", re.MULTILINE),
    )
    for group, kind in (
        (r"argoproj\.io/v1alpha1", r"Application(?:Set)?"),
        (r"kustomize\.toolkit\.fluxcd\.io/[\w.]+", "Kustomization"),
    )
)
_NEXT = re.compile(r"^---", re.MULTILINE)
_FLOW = re.compile(r"\A(?:\s*(?:#.*|---.*)?\n)*\s*(?:---\s*)?\{")
_LIKELY = re.compile(
    r"k8s|kube|manifest|deploy|kustom|overlay|base|cluster|argo|flux|infra|"
    r"stateful|daemon|gke|eks|aks|apps",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"(?:^|/)(?:hack|\.github|\.circleci|\.gitlab|locales?|i18n|translations?|crds?|"
    r"openapi|playbooks|roles|\.vscode)(?:/|$)|"
    r"(?:^|/)(?:docker-compose|compose|values|mkdocs|pnpm-lock|Chart|pubspec|package|tsconfig|\.)"
    r"[^/]*$"
)
_FOREIGN = re.compile(r"(?:^|/)[\w-]*(?:openshift|ocp)(?:[-_]\w+)?/", re.IGNORECASE)
_LIKELY_JSON = re.compile(r"k8s|kube|manifest|deploy|kustom|overlay", re.IGNORECASE)
_ONLY_TYPES = re.compile(r"(?:^|/)crds?/")  # definitions of types run nothing
_DEPLOY = (
    r"\bkubectl (?:--?\S+(?: (?!-)\S+)? )*"
    r"(?:apply|set image|rollout (?:restart|status)|replace|patch deployment)\b|"
    r"[aA]zure/k8s-deploy|KubernetesManifest@|kustomize (?:build|edit set image)|"
    r"argocd app (?:sync|set)|actions-hub/kubectl|"
    r"steebchen/kubectl|gke-deploy|kubernetes-deploy|krane deploy|skaffold (?:run|deploy)"
)
_TERRAFORM = r'^resource\s+"kubernetes_(?:deployment|stateful_?set|daemon_?set|cron_job)(?:_v\d)?"'
_MOST_TERRAFORM = 20
# a module of somebody's for an application; a module for the cluster itself deploys nothing
_MODULE = (
    r'(?:^|\{)\s*source\s*=\s*"[^"]*(?<![a-z])(?:kubernetes|k8s|aks|eks|gke)'
    r'[-_/]+(?:app|application|deployment|workload|service)(?![a-z])[^"]*"'
)
_MOST_JSON = 100
_LARGE_JSON = 64 * 1024  # bytes
_READ = 600  # files: thousands of manifests say no more than hundreds


def detect(files: FileIndex) -> list[Evidence]:
    evidence = [
        Evidence(40 if _ONLY_TYPES.search(path) else 80, folder(path), ("kustomization",))
        for path in _kustomizations(files)
    ]
    evidence += [
        Evidence(70, path, ("deploy step with kubectl",), deploys=True)
        for path in steps(files, _DEPLOY)
    ]
    evidence += [
        Evidence(55, path, ("deploy script with kubectl",), deploys=True)
        for path in scripts(files, _DEPLOY)
    ]
    evidence += [Evidence(40, path, ("task with kubectl",)) for path in tasks(files, _DEPLOY)]
    skaffold = files.holding(r"^\s+(?:kubectl|kustomize|rawYaml|manifests):", "skaffold.y*ml")
    evidence += [Evidence(65, path, ("skaffold deploys manifests",)) for path in skaffold]
    evidence += [
        Evidence(75, folder(path), ("manifests written with cdk8s",))
        for path in files.holding(r"^(?:app|language)\s*:", "cdk8s.yaml")
    ]
    evidence += [
        Evidence(65, path, ("workload in Terraform",), deploys=True)
        for path in files.holding(_TERRAFORM, "*.tf")[:_MOST_TERRAFORM]
    ]
    evidence += [
        Evidence(60, path, ("calls a Terraform module named for Kubernetes",), deploys=True)
        for path in files.holding(_MODULE, "*.tf")[:_MOST_TERRAFORM]
    ]
    evidence += [
        Evidence(60, path, ("calls a workflow named for Kubernetes",), deploys=True)
        for path in called(files, "kubernetes|k8s|eks|gke|aks|kubectl")
    ]
    return evidence + _manifests(files)


def _kustomizations(files: FileIndex) -> list[str]:
    keys = (
        r"^(?:kind:\s*(?:Kustomization|Component)|"
        r"resources:|bases:|patches\w*:|components:|namespace:|images:)"
    )
    return files.holding(keys, "kustomization.yaml", "kustomization.yml", "Kustomization")


def _manifests(files: FileIndex) -> list[Evidence]:
    charts = _chart_folders(files)
    candidates = [
        path
        for path in files.matching(*_MANIFESTS)
        if not _NEVER.search(path) and not any(inside(chart, path) for chart in charts)
    ]
    candidates += _json(files)
    candidates.sort(key=lambda path: (not _LIKELY.search(path), path))
    folders: dict[str, Evidence] = {}
    for path in candidates[:_READ]:
        directory, text = folder(path), files.text(path)
        of_chart = "{{ " in text and ".Values" in text
        if "apiVersion" not in text or directory in folders or of_chart or _FOREIGN.search(path):
            continue
        if _runs_workload(text):
            signal = f"manifest of a workload ({path.rpartition('/')[2]})"
            folders[directory] = Evidence(75, directory, (signal,))
        elif _is_gitops(text):
            folders[directory] = Evidence(65, directory, ("application for Argo CD or Flux",))
    return list(folders.values())


def _json(files: FileIndex) -> list[str]:
    """Return JSON files that may be manifests; large ones elsewhere are data."""
    paths = [path for path in files.matching("*.json") if not _NEVER.search(path)]
    likely = [path for path in paths if _LIKELY_JSON.search(path)]
    others = [path for path in paths[:_MOST_JSON] if files.size(path) < _LARGE_JSON]
    return list(dict.fromkeys(likely + others))[:_MOST_JSON]


def _is_gitops(text: str) -> bool:
    return any(
        group.search(document) and kind.search(document)
        for document in (_NEXT.split(text) if "io/v" in text else ())
        for group, kind in _GITOPS
    )


def _runs_workload(text: str) -> bool:
    """Whether a manifest, a list of them, or one as JSON or in flow style is a workload's."""
    if _FLOW.match(text):
        return bool(_JSON.search(text))
    return bool(_WORKLOAD.search(text) or (_LIST.search(text) and _LISTED.search(text)))


def _chart_folders(files: FileIndex) -> list[str]:
    charts = {folder(path) for path in files.matching("Chart.yaml")}
    return (
        [chart for chart in charts if chart != "."]
        + (["templates", "crds", "charts"] if "." in charts else [])
        + [folder(path) for path in files.matching("**/templates/_helpers.tpl")]
    )
