"""How long nobody answers during the switch, beside a bare `up -d` on the same machine in the same run; told, not judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

from compose_shop import Shop


def longest_silence(shop: Shop, change: Callable[[], object]) -> float:
    """Seconds between the last answer before and the first answer after, at a request every 20 ms."""
    answered, over = [time.monotonic()], threading.Event()

    def ask() -> None:
        while not over.is_set():
            if shop.answer()[0] == 200:
                answered.append(time.monotonic())
            time.sleep(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        change()
        time.sleep(1)
    finally:
        over.set()
        asking.join()
    return max(later - earlier for earlier, later in pairwise(answered))


def test_the_switch_is_silent_about_as_long_as_a_bare_up(
    shop: Shop, record_property: Callable[[str, object], None]
) -> None:
    shop.release("v1", "v2")
    plan = shop.plan()
    assert "downtime" in {finding["code"] for finding in plan["findings"]}
    ours = longest_silence(shop, lambda: shop.execute(plan))
    shop.write(".env", "TAG=v2\n")
    bare = longest_silence(shop, shop.up)
    assert shop.serves("v2")
    print(f"silent: rollback {ours:.2f} s, bare up -d {bare:.2f} s")
    record_property("silent-seconds", {"rollback": round(ours, 2), "bare": round(bare, 2)})
