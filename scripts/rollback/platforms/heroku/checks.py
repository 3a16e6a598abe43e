"""What Heroku says about its dynos. "Up" is not health: it only has bound its port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from rollback.model import Check, Move, Verdict
from rollback.platforms._hosted import memory
from rollback.platforms._hosted.api import Api, side_by_side
from rollback.platforms.heroku import client, details
from rollback.platforms.heroku.client import Process, Row
from rollback.shell import Shell
from rollback.text import clean

_FEW = 10  # releases: the current one is among the newest, below those that failed


class _Release(Struct, frozen=True):
    version: int = 0


class _Dyno(Struct, frozen=True):
    type: str
    state: str = ""
    release: _Release = _Release()


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Report each process type that should have dynos. Raises Unreadable."""
    for move in moves:
        facts = details.of(move.target)
        rows, dynos, formation = _read(client.connect(facts.api), facts.app)
        memory.keep(shell, client.FORMATION, facts.id, formation)
        version = next((row.version for row in rows if row.current), 0)
        for process in formation:
            if process.quantity:
                own = [dyno for dyno in dynos if dyno.type == process.type]
                verdict, detail = _judged(process, own, version)
                yield Check(f"{clean(process.type, 40)} dynos of {facts.app}", verdict, detail)


def _read(api: Api, app: str) -> tuple[list[Row], list[_Dyno], list[Process]]:
    """Read again what may have changed since the plan began, or since the last look."""
    rows, dynos, formation = side_by_side(
        lambda: client.releases(api, app, _FEW),
        lambda: client.get(api, client.of_app(app, "/dynos"), list[_Dyno]),
        lambda: client.formation(api, app),
    )
    return rows, dynos, formation


def _judged(process: Process, dynos: Sequence[_Dyno], version: int) -> tuple[Verdict, str]:
    states = Counter(dyno.state for dyno in dynos if dyno.release.version == version)
    up, wanted = states["up"] + states["idle"], process.quantity
    if crashed := states["crashed"]:
        return "unhealthy", f"{crashed} of {wanted} crashed on v{version}"
    if up >= wanted:
        return "unknown", f"{up} of {wanted} up on v{version}, which is not health"
    old = len(dynos) - states.total()
    more = f", {old} still on another release" if old else ""
    return "waiting", f"{up} of {wanted} up on v{version}{more}"
