"""Compare and swap: the same services, each on the task definition that the plan saw. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Command, Guard, Line, Move
from rollback.platforms.ecs import details
from rollback.platforms.ecs.codedeploy import steps as codedeploy
from rollback.platforms.ecs.script import call, copied

_BATCH = 10  # services in one answer


def guards(moves: Sequence[Move]) -> list[Guard]:
    batches = [moves[at : at + _BATCH] for at in range(0, len(moves), _BATCH)]
    own = [codedeploy.guard(move) for move in moves if codedeploy.is_own(move)]
    return [guard for number, some in enumerate(batches) for guard in _pair(number, some)] + own


def _pair(number: int, moves: Sequence[Move]) -> Iterator[Guard]:
    component, known = moves[0].target.component, details.of(moves[0].target)
    names = " ".join(move.target.app for move in moves)
    more = f"-{number + 1}" if number else ""
    arns = [known.service(move.target.app).arn for move in moves]
    yield Guard(
        id=f"{component}.services{more}",
        subject=f"the account, region and cluster of {names}",
        command=call(known, "ecs_arns", "--services", names),
        lines=tuple(Line(arn, arn) for arn in arns),
    )
    rolling = [move for move in moves if not codedeploy.is_own(move)]
    if rolling:
        yield Guard(
            id=f"{component}.live{more}",
            subject=f"the task definition of {' '.join(move.target.app for move in rolling)}",
            command=live(rolling),
            lines=tuple(_line(move) for move in rolling),
        )


def live(moves: Sequence[Move]) -> Command:
    """Return the command that prints the task definition of each service, a line each."""
    names = " ".join(move.target.app for move in moves)
    known = details.of(moves[0].target)
    return call(known, "ecs_live", "--services", names, "--copied", copied(moves))


def _line(move: Move) -> Line:
    source, goal = details.sides(move)
    return Line(source.name, goal.name, move.id)
