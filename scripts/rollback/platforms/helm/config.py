"""Configuration of a release by key: variables of its workloads, its ConfigMaps and Secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import ConfigChange, Move
from rollback.platforms import _config
from rollback.platforms._cluster.config import of_object, of_template
from rollback.platforms.helm.manifest import Objects
from rollback.platforms.helm.preflight.comparison import compare
from rollback.shell import Shell

_DATA = ("ConfigMap", "Secret")


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    """Yield what both manifests say differently: Helm brings all of it back."""
    for move in moves:
        comparison = compare(move)
        namespace = comparison.location.namespace
        before = _keys(comparison.before, namespace)
        yield from _config.changes(before, _keys(comparison.after, namespace))


def _keys(objects: Objects, namespace: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, content in objects.items():
        spec = content.get("spec") or {}
        job = (spec.get("jobTemplate") or {}).get("spec") or {}  # of a CronJob
        template = spec.get("template") or job.get("template")
        if key.kind in _DATA:
            found |= of_object(key.label(namespace), content)
        elif isinstance(template, dict):
            found |= of_template(key.label(namespace), template)
    return found
