"""Reads AWS through botocore, the library below the AWS command line: both find the same account.

Profiles, SSO, roles, endpoints and certificates are looked up as the command line does it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import msgspec

from rollback.aws import failures
from rollback.errors import NotInstalled, RollbackError, Unreadable
from rollback.shell import Shell
from rollback.text import clean

if TYPE_CHECKING:
    from concurrent.futures import Future

SECONDS = 20  # for one answer
TRIES = 4  # of one read: throttling and broken connections pass
SIDE_BY_SIDE = 12
# what names the next page, in the request as in the answer
_FOLLOWING = ("nextToken", "NextToken", "Marker")
Decoded = TypeVar("Decoded")
Result = TypeVar("Result")
_clients: WeakKeyDictionary[Shell, dict[tuple[str | None, str | None], Client]] = (
    WeakKeyDictionary()
)


def connect(shell: Shell, profile: str | None, region: str | None) -> Client:
    """Return a reader for this profile and region.

    Raises NotInstalled (botocore-missing), Unreadable (region-missing, profile-missing).
    """
    known = _clients.setdefault(shell, {})
    if (profile, region) not in known:
        made = Client(profile, region)
        # whoever names the region that the profile has anyway means the same reader
        known[profile, region] = known.setdefault((profile, made.region), made)
    return known[profile, region]


class Client:
    """Asks AWS; the one thing that a plan makes, and deletes, is a change set. `region` applies."""

    def __init__(self, profile: str | None, region: str | None) -> None:
        self.profile = profile
        _require_botocore()
        with failures.explained(self.label):
            self._session = _session(profile)
            # version 2 of the command line knows AWS_REGION, botocore only AWS_DEFAULT_REGION
            known = os.environ.get("AWS_REGION") or self._session.get_config_variable("region")
            self.region: str = region or known or ""
        if not self.region:
            raise failures.no_region()
        self.kept: dict[str, Any] = {}  # what one read got and the next one of a plan needs
        self._made: dict[str, Any] = {}
        self._elsewhere: dict[str, Client] = {}
        self._making = threading.Lock()
        self._pool: Any = None

    @property
    def label(self) -> str:
        """Return the profile for people."""
        chosen = self.profile or os.environ.get("AWS_PROFILE") or "default"
        return f"profile {clean(chosen, 60)}"

    def at(self, region: str) -> Client:
        """Return a reader for another region, with the same profile."""
        if region == self.region:
            return self
        with self._making:
            if region not in self._elsewhere:
                self._elsewhere[region] = Client(self.profile, region)
            return self._elsewhere[region]

    def account(self) -> str:
        """Return profile and account for a message about what is not there."""
        answer = self.attempt(self.ask, "sts", "get_caller_identity")
        known = answer.get("Account", "") if isinstance(answer, dict) else ""
        return f"{self.label}, account {clean(str(known), 20)}" if known else self.label

    def ask(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Return one answer. Raises Unreadable (access-denied, login-expired, throttled, ...)."""
        with failures.explained(self.label, f"{service} {operation}"):
            answer: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
        if answer.keys() <= {"ResponseMetadata"}:  # botocore's for a page that is no JSON, too
            message = f"AWS: {service} {operation} with {self.label}: an answer without content"
            fix = "check the proxy and the endpoint, then try again"
            raise Unreadable("bad-answer", message, fix)
        return answer

    def read(
        self, kind: type[Decoded], service: str, operation: str, /, **parameters: Any
    ) -> Decoded:
        """Return one answer as this type. Raises Unreadable (bad-answer, and those of `ask`)."""
        answer = self.ask(service, operation, **parameters)
        return typed(answer, kind, f"{service} {operation}")

    def pages(self, service: str, operation: str, key: str, /, **parameters: Any) -> list[Any]:
        """Return the rows of all pages."""
        rows: list[Any] = []
        while True:
            answer = self.ask(service, operation, **parameters)
            rows += answer.get(key, ())
            following = {name: answer[name] for name in _FOLLOWING if answer.get(name)}
            if not following:
                return rows
            parameters |= following

    def start(self, read: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Begin a read beside others; its error is raised by `result()`."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # not at every start of a script

            self._pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        future: Future[Result] = self._pool.submit(read, *arguments)
        return future

    def all(self, read: Callable[[Any], Result], inputs: Sequence[Any]) -> list[Result]:
        """Return the answers to independent reads, side by side. Raises what the first raises."""
        if len(inputs) == 1:
            return [read(inputs[0])]
        return [future.result() for future in [self.start(read, each) for each in inputs]]

    def spread(self, read: Callable[[Any], Result], inputs: Sequence[Any]) -> list[Result]:
        """Return the answers to reads that begin reads of their own: on threads besides those."""
        if len(inputs) == 1:
            return [read(inputs[0])]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(pool.map(read, inputs))

    def attempt(self, read: Callable[..., Result], *arguments: Any) -> Result | RollbackError:
        """Return an answer, or the error of a read that a plan can do without."""
        try:
            return read(*arguments)
        except RollbackError as error:
            return error

    def _client(self, service: str) -> Any:
        """Return botocore's client; making one is not safe beside another."""
        with self._making:
            if service not in self._made:
                from botocore.config import Config

                config = Config(
                    connect_timeout=5,
                    read_timeout=SECONDS,
                    max_pool_connections=SIDE_BY_SIDE,
                    retries={"mode": "standard", "total_max_attempts": TRIES},
                )
                self._made[service] = self._session.create_client(
                    service, region_name=self.region, config=config
                )
            return self._made[service]


def typed(answer: Any, kind: type[Decoded], call: str) -> Decoded:
    """Return an answer, or rows of it, as this type. Raises Unreadable (bad-answer)."""
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        message = f"AWS: {call}: an answer of another shape: {clean(str(error))}"
        raise Unreadable("bad-answer", message, "report this as a bug") from None


def _session(profile: str | None) -> Any:
    """Return botocore's session.

    It never asks for an MFA code; sessions that the command line made with one are used.
    """
    from botocore.session import Session
    from botocore.utils import JSONFileCache

    session = Session(profile=profile)
    roles = session.get_component("credential_provider").get_provider("assume-role")
    roles.cache = _read_only(JSONFileCache)(os.path.expanduser("~/.aws/cli/cache"))
    roles._prompter = failures.no_code  # of a device: a plan has no terminal to ask on
    return session


def _read_only(cache: Any) -> Any:
    """Return a cache that keeps what it is given in memory: reading writes nothing."""

    class Cache(cache):  # type: ignore[misc]
        def __init__(self, folder: str) -> None:
            super().__init__(folder)
            self._kept: dict[str, Any] = {}

        def __contains__(self, key: str) -> bool:
            return key in self._kept or super().__contains__(key)

        def __getitem__(self, key: str) -> Any:
            return self._kept[key] if key in self._kept else super().__getitem__(key)

        def __setitem__(self, key: str, value: Any) -> None:
            self._kept[key] = value

    return Cache


def _require_botocore() -> None:
    """Raises NotInstalled (botocore-missing)."""
    import sys
    from importlib.util import find_spec
    from pathlib import Path

    if find_spec("botocore") is not None:
        return
    root = Path(__file__).parents[3]
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    message = f"AWS is read through botocore, which is missing for Python {python}"
    raise NotInstalled("botocore-missing", message, f"bash '{root}/install.sh' --dest '{root}'")
