"""The one reader of hosted platforms: nothing changes, a few tries, one error per cause."""

from __future__ import annotations

import functools
import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted.login import Login
from rollback.platforms._hosted.urls import LOOPBACK, host, is_private
from rollback.text import clean

if TYPE_CHECKING:
    import httpx

TRIES = 3
SECONDS = 25.0  # for one try, however slowly the answer drips
LONGEST_PAUSE = 20.0  # a longer Retry-After is reported, not waited for
MOST_BYTES = 16 * 1024 * 1024
_PASSING = (408, 429, 500, 502, 503, 504)


class Failure(Struct, frozen=True):
    """Why a try failed; `pause` is seconds until the next one, None if it would not help."""

    error: Unreadable
    pause: float | None = None


class Reply(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: Any


class Api:
    """Reads one platform. `fix` says how a token is got."""

    def __init__(self, title: str, base: str, login: Login, fix: str) -> None:
        self.title, self.base = title, base.rstrip("/")
        self._login, self._fix = login, fix

    def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Return the answer. Raises Unreadable; code `not-found` for a 404."""
        return self._until_answered(path, headers, None)

    def ask(self, path: str, headers: Mapping[str, str], question: Any) -> Reply:
        """Return the answer to a question that needs a body (POST) and changes nothing."""
        return self._until_answered(path, headers, question)

    def text(self, url: str) -> str:
        """Return what the address in an answer has: it gets no token, and is a secret itself."""
        import httpx

        try:
            if not is_private(url):
                raise ValueError
            with client_for(url).stream("GET", url) as answer:
                body = _whole(answer)
        except (ValueError, httpx.InvalidURL, httpx.HTTPError, httpx.StreamError):
            raise self._error("unreachable", "", "the address in an answer: no answer") from None
        if not answer.is_success:
            said = f"the address in an answer: HTTP {answer.status_code}"
            raise self._error("server-error", "", said)
        return body.decode(errors="replace")

    def _until_answered(self, path: str, headers: Mapping[str, str], question: Any) -> Reply:
        attempt = 0
        while True:
            reply = self._try(path, headers, attempt, question)
            if isinstance(reply, Reply):
                return reply
            attempt += 1
            if reply.pause is None or attempt == TRIES:
                raise reply.error
            time.sleep(reply.pause)

    def all(
        self,
        paths: Sequence[str],
        headers: Mapping[str, str],
        more: Mapping[str, Mapping[str, str]] = {},
    ) -> list[Reply | Unreadable]:
        """Read independent paths side by side; an entry is an error if its read failed.

        `more`: path -> headers that only this path is asked with.
        """

        def read(path: str) -> Reply | Unreadable:
            try:
                return self.get(path, {**headers, **more.get(path, {})})
            except Unreadable as error:
                return error

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(read, paths))

    def _try(
        self, path: str, headers: Mapping[str, str], attempt: int, question: Any
    ) -> Reply | Failure:
        import httpx

        url, asked = self.base + path, {**headers, "Authorization": self._login.header}
        method = "GET" if question is None else "POST"
        try:
            with client_for(url).stream(method, url, headers=asked, json=question) as answer:
                return self._judged(answer, _whole(answer), attempt)
        except httpx.TimeoutException:
            return Failure(self._error("timed-out", path, f"no whole answer in {SECONDS:g} s"), 1)
        except httpx.ConnectError as error:
            return self._unreachable(path, error)
        except (httpx.HTTPError, httpx.StreamError) as error:
            return Failure(self._error("cut-off", path, f"the answer broke off: {error}"), 1)

    def _path(self, answer: httpx.Response) -> str:
        """Return what was asked for, as it stands behind the base."""
        return answer.request.url.path.removeprefix(urlsplit(self.base).path)

    def _judged(self, answer: httpx.Response, body: bytes, attempt: int) -> Reply | Failure:
        path, status = self._path(answer), answer.status_code
        if answer.is_redirect:
            where = clean(urlsplit(answer.headers.get("location", "")).hostname or "elsewhere", 80)
            message = f"a redirect to {where} instead of an answer: a login page, or a proxy"
            return Failure(self._error("redirected", path, message, "check api: and the proxy"))
        if not answer.is_success:
            return self._refused(answer, body, attempt)
        try:
            return Reply(status, answer.headers, json.loads(body))
        except ValueError:
            return Failure(self._error("not-json", path, "an answer that is not JSON"), 1)

    def _refused(self, answer: httpx.Response, body: bytes, attempt: int) -> Failure:
        path, status = self._path(answer), answer.status_code
        said = self._said(body)
        if status == 401:
            message = f"the token of {self._login.source} was refused{said}"
            fix = self._fix
            if self._login.variable:  # a new login of the client would not be looked at
                fix = f"unset {self._login.variable}; then {fix}"
            return Failure(self._error("login-refused", path, message, fix))
        if status == 403:
            fix = "use the token of an account with access"
            return Failure(self._error("forbidden", path, f"not permitted{said}", fix))
        if status == 404:
            return Failure(self._error("not-found", path, f"does not exist, or no access{said}"))
        pause = _pause(answer, attempt) if status in _PASSING else 0.0
        long = pause > LONGEST_PAUSE
        again = None if long or not pause else pause
        wait = f"wait {pause:.0f} s, then try again"
        if status == 429:
            fix = wait if long else "wait a minute, then try again"
            return Failure(
                self._error("rate-limited", path, f"too many requests{said}", fix), again
            )
        fix = wait if long else "check the connection, then try again"
        return Failure(self._error("server-error", path, f"HTTP {status}{said}", fix), again)

    def _unreachable(self, path: str, error: Exception) -> Failure:
        if isinstance(error.__cause__, ssl.SSLError) or "CERTIFICATE" in str(error).upper():
            fix = "check the certificates of this machine (SSL_CERT_FILE), and the proxy"
            return Failure(self._error("tls", path, f"no secure connection: {error}", fix))
        return Failure(self._error("unreachable", path, f"no connection: {error}"), 1)

    def _said(self, body: bytes) -> str:
        """Return the server's own message, behind a colon."""
        try:
            answer = json.loads(body)
            message = (answer.get("error") or answer).get("message", "")
        except (ValueError, AttributeError):
            return ""
        return f": {clean(self._login.masked(str(message)), 200)}" if message else ""

    def _error(
        self, code: str, path: str, message: str, fix: str = "check the connection, then try again"
    ) -> Unreadable:
        text = clean(self._login.masked(f"{self.base}{path}: {message}"), 400)
        return Unreadable(code, f"{self.title}: {text}", fix)


def side_by_side(*reads: Callable[[], Any]) -> list[Any]:
    """Return the answers of independent reads, in their order. Raises what the first raises."""
    with ThreadPoolExecutor(len(reads)) as pool:
        return [future.result() for future in [pool.submit(read) for read in reads]]


def _whole(answer: httpx.Response) -> bytes:
    """Return the body, within a time limit for all of it."""
    import httpx

    until, parts, size = time.monotonic() + SECONDS, [], 0
    for part in answer.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise httpx.ReadTimeout("too slow", request=answer.request)
        if size > MOST_BYTES:
            raise httpx.StreamError("the answer is too long")
    return b"".join(parts)


def _pause(answer: httpx.Response, attempt: int) -> float:
    """Return seconds. X-RateLimit-Reset is a Unix time, and only of a 429 a time to wait for."""
    seconds = answer.headers.get("retry-after", "")
    if seconds.isdecimal():
        return float(seconds)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.status_code == 429 and reset.isdecimal():
        return max(float(reset) - time.time(), 1.0)
    return 1.0 + attempt


def client_for(url: str) -> httpx.Client:
    """Return a client that sends no token and no cookie by itself, and follows nowhere.

    Raises ValueError for what is no address of the web.
    """
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise ValueError(url)
    return _client(scheme == "https", host(url) not in LOOPBACK)


@functools.cache
def _client(secure: bool, by_proxy: bool) -> httpx.Client:
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx

    verify: Any = False
    if secure:
        verify = ssl.create_default_context()
        import certifi

        verify.load_verify_locations(certifi.where())
    return httpx.Client(
        timeout=httpx.Timeout(SECONDS, connect=10),
        follow_redirects=False,
        trust_env=by_proxy,
        verify=verify,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
