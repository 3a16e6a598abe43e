"""One file (or folder) per platform; what lies in this folder is a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.registry import Registry

if TYPE_CHECKING:
    from rollback.contracts import Detector

platforms: Registry[Detector] = Registry(__name__, list(__path__))
