"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from rollback import contracts
from rollback.contracts import details_of, sides_of

State = Literal["ACTIVE", "INACTIVE", "gone", "unknown"]


class Side(Struct, frozen=True):
    """A task definition as the script knows it again.

    `digests`: container -> the digest that ran, where that is known. `state` is that of the task
    definition: an INACTIVE one cannot be deployed, so a copy of it is registered.
    `after`: the highest revision number when the plan was made; a copy has a higher one.
    """

    arn: str
    digests: dict[str, str] = {}
    state: State = "ACTIVE"
    after: int = 0

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def family(self) -> str:
        return self.name.rpartition(":")[0]


class ServiceDetails(Struct, frozen=True):
    """A service when the plan was made.

    `running`: the ARN of a deployment in flight, "" without one. `bake`: seconds that a new
    release is watched for beside the old one. `owner`: what made the service, for people.
    """

    name: str
    arn: str
    live: str
    desired: int = 0
    controller: str = "ECS"
    groups: tuple[str, ...] = ()
    running: str = ""
    returns: str = ""  # the task definition that stopping it with ROLLBACK returns to
    bake: int = 0
    owner: str = ""
    owner_fix: str = ""


class Details(Struct, frozen=True):
    """Details of a target; `source` and `goal` only those of a move have."""

    cluster: str  # its ARN
    region: str
    profile: str | None = None
    services: tuple[ServiceDetails, ...] = ()
    source: Side | None = None
    goal: Side | None = None

    def service(self, name: str) -> ServiceDetails:
        return next(each for each in self.services if each.name == name)


class Facts(Struct, frozen=True):
    """Facts of one release: service -> what it is on; definitions of those that are INACTIVE.

    `running`: service -> the deployment in flight, of the live release.
    """

    sides: dict[str, Side]
    definitions: dict[str, Any] = {}
    running: dict[str, tuple[str, str]] = {}


of = details_of(Details)
sides = sides_of(of)
facts_of = contracts.facts_of(Facts)
