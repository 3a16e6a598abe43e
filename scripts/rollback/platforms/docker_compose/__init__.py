"""Docker Compose."""

from rollback.platforms.docker_compose.detect import MARKERS, detect

TITLE = "Docker Compose"

__all__ = ["MARKERS", "TITLE", "detect"]
