"""In which order the releases came: as a log tells, else by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence


def natural(name: str) -> list[tuple[int, int, str]]:
    """Numbers by value, the rest by letter: 9 before 10."""
    return [
        (0, int(part), "") if re.fullmatch("[0-9]+", part) else (1, 0, part)
        for part in re.split(r"([0-9]+)", name)
        if part
    ]


def ordered(names: Iterable[str], told: Sequence[Collection[str]]) -> list[str]:
    """Newest first. `told` is what each host's log names, oldest first."""
    longest = max((list(log) for log in told), key=len)
    found = longest[::-1]
    others = {name for log in told for name in log}.union(names).difference(found)
    for name in sorted(others, key=natural, reverse=True):
        older = (at for at, known in enumerate(found) if natural(known) < natural(name))
        found.insert(next(older, len(found)), name)
    return found
