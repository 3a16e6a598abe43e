"""The guard and the one step: a change set is made again, compared, and executed at once."""

from __future__ import annotations

from shlex import join

from rollback.aws.variables import LOGIN
from rollback.infrastructure._counted import counted
from rollback.infrastructure_contracts import Planned
from rollback.model import Command, Guard, Line, Move, Probe, Step

_LOOK_SECONDS = 300
_APPLY_SECONDS = 3600
_VARIABLES = (*LOGIN, "AWS_ENDPOINT_URL_CLOUDFORMATION")


def guards(planned: Planned, move: Move) -> list[Guard]:
    """Return the guard: what would change, in which stack, last updated when."""
    line = Line(planned.source, planned.goal, move.id)
    subject = f"what would change in {planned.location}"
    look = _look(planned)
    return [Guard(f"{move.id}.changes", subject, look, (line,), forward_only=True)]


def step(planned: Planned, move: Move, again: str) -> Step:
    apply = ("cloudformation_apply", planned.source, *planned.arguments)
    return Step(
        id=f"{move.id}.apply",
        title=f"Bring the stack to {move.to.label}: {counted(planned.changes)}",
        do=Command(apply, _APPLY_SECONDS, _VARIABLES, _typed(planned)),
        proof=Probe(_look(planned), planned.goal),
        part="infrastructure",
        moves=(move.id,),
        deadline=_APPLY_SECONDS,
        guarded=True,
        once=again,
    )


def _look(planned: Planned) -> Command:
    return Command(("cloudformation_changes", *planned.arguments), _LOOK_SECONDS, _VARIABLES)


def _typed(planned: Planned) -> str:
    """Return what a person types."""
    known = dict(zip(planned.arguments[::2], planned.arguments[1::2], strict=True))
    may = ("--capabilities", *known["--capabilities"].split()) if known["--capabilities"] else ()
    return join(
        (
            *("aws", "cloudformation", "update-stack", "--stack-name", known["--stack"]),
            *("--template-body", f"file://{known['--template']}"),
            *("--parameters", f"file://{known['--parameters']}"),
            *may,
            *("--region", known["--region"]),
        )
    )
