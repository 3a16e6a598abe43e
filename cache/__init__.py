"""What the skill remembers: the platform for a day, the history for five minutes."""

from pathlib import Path

from cache.store import Remembered, Store

__all__ = ["FOLDER", "Remembered", "Store", "forget", "history", "platform"]

FOLDER = Path(".claude/cache/deployment-rollback")


def platform(project: Path) -> Store:
    return Store(project, FOLDER / "platform.json", ttl=24 * 60 * 60)


def history(project: Path) -> Store:
    return Store(project, FOLDER / "history.json", ttl=5 * 60)


def forget(project: Path) -> None:
    platform(project).forget()
    history(project).forget()
