"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from rollback.platforms import _details
from rollback.platforms._details import details_of, sides_of

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


class CodeDeployDetails(Struct, frozen=True):
    """How CodeDeploy moves a service.

    `shift`: minutes that traffic is shifted for, None where that is not known; `waits`: minutes
    that it is held back before; `by_hand`: then a person has to shift it. `keeps`: minutes that
    the old tasks stay. `hooks` is None where the last AppSpec cannot be read.
    """

    application: str
    group: str
    config: str
    shift: int | None = None
    waits: int = 0
    by_hand: bool = False
    keeps: int = 0
    hooks: tuple[str, ...] | None = ()
    container: str = ""  # of the goal


class ServiceDetails(Struct, frozen=True):
    """A service when the plan was made.

    `running`: the ARN of a deployment in flight, or its id of CodeDeploy; "" without one. `bake`:
    seconds that a new release is watched for beside the old one. `owner`: what made the service,
    for people. `codedeploy` only those of a move have, where CodeDeploy can be asked.
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
    codedeploy: CodeDeployDetails | None = None


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

    `running`: service -> the deployment in flight, `reads`: what was read of each service, and
    `deployments`: what a checkpoint keeps of it; all of the live release.
    """

    sides: dict[str, Side]
    definitions: dict[str, Any] = {}
    running: dict[str, tuple[str, str]] = {}
    reads: dict[str, Any] = {}
    deployments: dict[str, list[dict[str, str | None]]] = {}


of = details_of(Details)
sides = sides_of(of)
facts_of = _details.facts_of(Facts)
