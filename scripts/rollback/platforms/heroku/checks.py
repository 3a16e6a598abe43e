"""What Heroku says about its dynos. "Up" is not health: it only has bound its port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from rollback.model import Check, Move, Verdict
from rollback.platforms._hosted.api import Api
from rollback.platforms.heroku import client, details
from rollback.shell import Shell
from rollback.text import clean

_FEW = 10  # releases: the current one is among the newest, below those that failed


class _Release(Struct, frozen=True):
    version: int = 0


class _Dyno(Struct, frozen=True):
    type: str
    state: str = ""
    release: _Release = _Release()


class _Process(Struct, frozen=True):
    type: str
    quantity: int = 0


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Report each process type that should have dynos. Raises Unreadable."""
    for move in moves:
        facts = details.of(move.target)
        yield from _of_app(client.connect(facts.api), facts.app)


def _of_app(api: Api, app: str) -> Iterator[Check]:
    rows = client.releases(api, app, _FEW)
    version = next((row.version for row in rows if row.current), 0)
    dynos = client.get(api, client.of_app(app, "/dynos"), list[_Dyno])
    for process in client.get(api, client.of_app(app, "/formation"), list[_Process]):
        if process.quantity:
            own = [dyno for dyno in dynos if dyno.type == process.type]
            verdict, detail = _judged(process, own, version)
            yield Check(f"{clean(process.type, 40)} dynos of {app}", verdict, detail)


def _judged(process: _Process, dynos: Sequence[_Dyno], version: int) -> tuple[Verdict, str]:
    states = Counter(dyno.state for dyno in dynos if dyno.release.version == version)
    up, wanted = states["up"] + states["idle"], process.quantity
    if crashed := states["crashed"]:
        return "unhealthy", f"{crashed} of {wanted} crashed on v{version}"
    if up >= wanted:
        return "unknown", f"{up} of {wanted} up on v{version}, which is not health"
    old = len(dynos) - states.total()
    more = f", {old} still on another release" if old else ""
    return "waiting", f"{up} of {wanted} up on v{version}{more}"
