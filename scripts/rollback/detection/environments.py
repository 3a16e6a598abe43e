"""Names of environments that the files suggest, where no settings name them."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex
from rollback.detection.pipelines import PIPELINES

_NAMES = re.compile(
    r"^(?:prod(?:uction)?|live|stag(?:e|ing)|preprod(?:uction)?|qa|uat|dev(?:elopment)?|preview|demo|test(?:ing)?|sandbox|canary)(?:[-_]\w+)*$",
    re.IGNORECASE,
)
_IN_PIPELINE = re.compile(
    r"^\s+environment:\s*(?:\n\s+name:\s*)?[\"']?([\w-]+)[\"']?\s*$", re.MULTILINE
)


def suggested(files: FileIndex) -> list[str]:
    """Return overlays, stages and pipeline environments that are named like environments."""
    overlays = [
        path.split("/")[-2]
        for path in files.matching(
            "**/overlays/*/kustomization.y*ml", "**/environments/*/kustomization.y*ml"
        )
    ]
    stages = [path.rpartition("/")[2][:-3] for path in files.matching("**/config/deploy/*.rb")]
    jobs = [
        name
        for path in files.matching(*PIPELINES)
        for name in _IN_PIPELINE.findall(files.text(path))
    ]
    return sorted({name for name in (*overlays, *stages, *jobs) if _NAMES.match(name)})
