"""Sites of four releases: two good ones, a deploy that failed halfway, and what serves now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from folders_site import Site

from tests.live.beds import sshd


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """v1.2.3 is live and answers 500; the deploy of v1.2.2 never got to its end; v1.2.1 served for days."""
    yield from deployed(tmp_path, broken=True)


@pytest.fixture
def good_site(tmp_path: Path) -> Iterator[Site]:
    """The same with a v1.2.3 that is well: a restore does not wait for it in vain."""
    yield from deployed(tmp_path, broken=False)


def deployed(tmp_path: Path, broken: bool) -> Iterator[Site]:
    made = Site(tmp_path)
    made.build("v1.2.0", 20)
    made.build("v1.2.1", 9)
    made.build("v1.2.2", 3, finished=False)
    made.link(made.build("v1.2.3", 2, broken=broken))
    made.settings()
    made.serve()
    yield made
    made.stop()


@pytest.fixture
def beds(tmp_path: Path) -> Iterator[sshd.Beds]:
    if why := sshd.why_not():
        pytest.skip(why)
    with sshd.serving(tmp_path, "web1", "web2") as made:
        yield made


@pytest.fixture
def hosts(tmp_path: Path, beds: sshd.Beds) -> Iterator[dict[str, Site]]:
    """Two hosts behind one path, each with v1.2.1, v1.2.2 and the live v1.2.3; web1's server is the one that is asked."""
    found = {
        name: Site(tmp_path, beds.files[name] / "shop", beds.path / "shop") for name in beds.files
    }
    for made in found.values():
        made.environment["PATH"] = f"{beds.bin}:{made.environment['PATH']}"
        for version, days in (("v1.2.1", 9), ("v1.2.2", 5), ("v1.2.3", 2)):
            name = made.build(version, days, name=f"2026110{9 - days}090000")
        made.link(name)
        # a host of its own finds its server's pid under the path that it knows
    found["web2"].port = found["web1"].port
    found["web1"].settings(tuple(found), health=False)
    yield found
