"""Check that an image is still in its registry: one HEAD request for its manifest.

Anonymous, or with the login that `docker login` left in a file.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

HUB = "registry-1.docker.io"
SECONDS = 2.0
_KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?")


class Image(Struct, frozen=True):
    """Where a manifest is asked for; `reference` is a digest or a tag."""

    host: str
    repository: str
    reference: str


def parse(image: str) -> Image | None:
    """Parse an image; None if no registry has it (`localhost/x` is loaded by hand)."""
    path, _, digest = image.partition("@")
    first, _, rest = path.partition("/")
    if not rest or not (re.search(r"[.:]", first) or first == "localhost"):
        first, rest = HUB, path if rest else f"library/{path}"
    elif first == "docker.io":
        first, rest = HUB, rest if "/" in rest else f"library/{rest}"
    repository, _, tag = rest.partition(":")
    return (
        None
        if first == "localhost" or not repository
        else Image(first, repository, digest or tag or "latest")
    )


def ask(images: Iterable[str], seconds: float = SECONDS) -> dict[str, bool | None]:
    """Ask for all images at once; True and False are the registry's answer.

    None: no answer in time, a login is needed, or it is no registry.
    """
    answers: dict[str, bool | None] = dict.fromkeys(image for image in images if parse(image))

    def look_up(image: str) -> None:
        try:
            answers[image] = _exists(parse(image))  # type: ignore[arg-type]
        except (OSError, ValueError):
            answers[image] = None

    threads = [threading.Thread(target=look_up, args=(image,), daemon=True) for image in answers]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    return dict(answers)


def _exists(image: Image) -> bool | None:
    scheme = "http" if _LOCAL.fullmatch(image.host) else "https"
    url = f"{scheme}://{image.host}/v2/{image.repository}/manifests/{image.reference}"
    status, headers = _head(url, {})
    if status == 401 and (key := _key(image, headers.get("www-authenticate", ""))):
        status, headers = _head(url, {"Authorization": key})
    if status == 200:
        return True
    return False if status == 404 and headers.get("docker-distribution-api-version") else None


def _key(image: Image, challenge: str) -> str | None:
    """Return a token to read this repository.

    A password is sent to the registry, or over https to the host it names.
    """
    login, fields = _login(image.host), dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if challenge.lower().startswith("basic"):
        return f"Basic {login}" if login else None
    realm = fields.get("realm", "")
    if not realm.startswith("https://"):
        return None
    query = urlencode(
        {"service": fields.get("service", ""), "scope": f"repository:{image.repository}:pull"}
    )
    body = json.loads(
        _open(f"{realm}?{query}", "GET", {"Authorization": f"Basic {login}"} if login else {})[2]
    )
    token = body.get("token") or body.get("access_token")
    return f"Bearer {token}" if token else None


def _login(host: str) -> str | None:
    """Return the login in `docker login`'s file; credential helpers are not run."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        auths = json.loads((folder / "config.json").read_text()).get("auths") or {}
    except (OSError, ValueError, AttributeError):
        return None
    names = ("https://index.docker.io/v1/",) if host == HUB else (host, f"https://{host}")
    return next(
        (
            auths[name]["auth"]
            for name in names
            if isinstance(auths.get(name), dict) and auths[name].get("auth")
        ),
        None,
    )


def _head(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
    status, answered, _ = _open(url, "HEAD", {"Accept": ", ".join(_KINDS), **headers})
    return status, answered


def _open(url: str, method: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    import urllib.error
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            """Drop the login on a redirect to another host."""

    request = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310  (https, or http on this machine)
    answer: Any
    try:
        answer = urllib.request.build_opener(Stay).open(request, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return (
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            answer.read(65536),
        )
