"""Run reads side by side: a plan mostly waits for docker, Compose and git."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Beside:
    """Leaving it waits for all reads; the error of a read is raised by its `result()`."""

    def __init__(self) -> None:
        from concurrent.futures import ThreadPoolExecutor  # not at every start of a script

        self._pool = ThreadPoolExecutor(8)

    def start(
        self,
        read: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Future[Result]:
        return self._pool.submit(read, *arguments, **named)

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown()
