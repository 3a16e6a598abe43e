"""The order of releases: by a log, else by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key: numbers by value, the rest by letter, so 9 comes before 10."""
    return [
        (0, int(part), "") if re.fullmatch("[0-9]+", part) else (1, 0, part)
        for part in re.split(r"([0-9]+)", name)
        if part
    ]


def ordered(names: Iterable[str], logs: Sequence[Collection[str]]) -> list[str]:
    """Order newest first. `logs` lists each host's logged releases, oldest first."""
    longest = max((list(log) for log in logs), key=len)
    order = longest[::-1]
    others = {name for log in logs for name in log}.union(names).difference(order)
    for name in sorted(others, key=natural, reverse=True):
        older = (at for at, known in enumerate(order) if natural(known) < natural(name))
        order.insert(next(older, len(order)), name)
    return order
