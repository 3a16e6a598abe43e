"""The answer of detect.py: what the project's files say, and the settings drafted from it."""

from __future__ import annotations

from pathlib import Path

from rollback import cli
from rollback.commands.answer import Answer
from rollback.detection import model
from rollback.flow import detect
from rollback.settings import project
from rollback.settings.model import FILE


def answer(project_dir: Path | None, again: bool, write_settings: bool) -> Answer:
    """Detect, and write settings if asked. Raises Usage (not-writable, settings-exist)."""
    root = project.find(project_dir)
    detection = detect.run(root, again=again)
    if write_settings:
        from rollback.settings import draft

        cli.say(f"written: {draft.write(root, detection)}; complete and commit it")
    options = ("--project", root) if project_dir else ()
    lines = model.lines(detection, *_next(detection, root, options))
    return Answer(model.document(detection), list(lines))


def _next(
    detection: model.Detection, root: Path, options: tuple[str | Path, ...]
) -> tuple[str, str]:
    """Return a step that works, and why it is not the history."""
    refusal = detect.refusal(detection, root)
    if refusal is None:
        return cli.command("history", *options), ""
    nothing_of_ours = refusal.code == "no-platform" and detection.unsupported
    if nothing_of_ours or (root / FILE).exists():
        return refusal.fix, refusal.message
    draft = cli.command("detect", *options, "--write-settings")
    return draft, f"{refusal.message}; {refusal.fix}"
