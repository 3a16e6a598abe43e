"""The answer of detect.py: what the project's files say, and the settings drafted from it."""

from __future__ import annotations

from pathlib import Path

from rollback import cli
from rollback.commands.answer import Answer
from rollback.detection import model
from rollback.flow import detect
from rollback.settings import project


def answer(project_dir: Path | None, again: bool, write_settings: bool) -> Answer:
    """Detect, and write settings if asked. Raises Usage (not-writable, settings-exist)."""
    root = project.find(project_dir)
    detection = detect.run(root, again=again)
    if write_settings:
        from rollback.settings import draft

        cli.say(f"written: {draft.write(root, detection)}; complete and commit it")
    options = ("--project", root) if project_dir else ()
    lines = model.lines(detection, cli.command("history", *options))
    return Answer(model.document(detection), list(lines))
