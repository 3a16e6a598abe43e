"""Save a plan: the run folder with plan, checkpoint, scripts and question."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from rollback.flow import checkpoint, reversal
from rollback.records import audit, exclude, run
from rollback.script import question, render

if TYPE_CHECKING:
    from rollback.flow.plan import Prepared, Request


def run_folder(prepared: Prepared, request: Request) -> Path:
    """Save the run folder: plan, checkpoint, scripts, question. Remove it on failure."""
    plan, project = prepared.plan, Path(prepared.plan.project)
    exclude.add(project)
    run.sweep(project)
    folder = run.create(project)
    try:
        write(folder, prepared)
        run.keep_reason(folder, audit.masked(request.reason or ""))
        audit.take_over(project)  # journal lines of scripts run by hand since then
        facts = {"environment": plan.environment, "verdict": plan.verdict, "level": plan.level}
        facts |= {"reason": request.reason or ""}
        facts |= {"accept_schema": request.accept_schema} if request.accept_schema else {}
        facts |= {"accept_loss": "yes"} if request.accept_loss else {}
        audit.record(project, "plan", run=folder.name, **facts)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def write(folder: Path, prepared: Prepared) -> None:
    """Write the files that the digest covers."""
    plan = prepared.plan
    for source in prepared.site.sources:
        if moves := source.moves_of(plan.moves):
            files = source.platform.snapshot(moves, source.shell)
            checkpoint.write(folder, source.component, files)
    for component, payloads in reversal.payloads(prepared.rows or ()).items():
        checkpoint.write(folder, component, payloads)
    for brought in prepared.configuration:
        if brought.component:
            checkpoint.write(folder, brought.component.id, brought.files)
    for row in prepared.infrastructure:
        if row.component:
            checkpoint.write(folder, row.component.id, row.files)
    run.save_plan(folder, plan)
    render.scripts(plan, folder)
    question.write(plan, folder)
