"""What runs, what has run, and what goes from one to the other."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from rollback.model.report import Finding

Status = Literal["live", "good", "failed", "rolled-back-from", "superseded", "unknown"]


class Evidence(Struct, frozen=True):
    """Evidence in files that something deploys this project.

    `strength` is 0 to 100; `path` is relative to the project ("." = its root). `deploys`: a step
    of a pipeline or infrastructure code, not only a file that the platform reads. `gives_way`: it
    may show only how the application is run, and counts only where no other platform has steps,
    or no sign of any kind. `asks`: it may show a part of what is deployed; beside any sign of
    another platform a person is asked, unless its own platform has a step.
    """

    strength: int
    path: str
    reasons: tuple[str, ...]
    deploys: bool = False
    gives_way: Literal["", "steps", "any"] = ""
    asks: bool = False


class Target(Struct, frozen=True):
    """What can be rolled back.

    `where` is an identity read from the platform, such as "<engine id>/<project>" or
    "web1:/srv/shop".

    `location` is the same for people: "context prod, namespace shop". `places` lists further
    `where`s of its parts. `details` is the adapter's own JSON-ready Struct
    (never secrets); read from a plan.json it is plain data until the adapter converts it.
    """

    environment: str
    component: str
    platform: str
    app: str
    where: str
    protected: bool
    places: tuple[str, ...] = ()
    details: Any = None
    location: str = ""


class Release(Struct, frozen=True):
    """One release as the platform knows it. Times are UTC, ISO 8601 with Z.

    `skip`/`skip_reason`: the platform's own evidence against it (a skip code of contracts, e.g.
    bad-mark, artifact-gone, unfinished).
    `served_seconds`: how long it served, where the platform tells; else the flow computes it from
    deployed_at.
    `made_at`: when it was committed or built, for lists only; no evidence of service.
    `artifacts`: app -> artifact, where one release has several parts.
    `guess`: nothing shows that it was ever deployed: a person has to name it. `doubt` says why, and
    `unproven` that something does show it, though not that it served.
    `findings`: what a plan has to say while this release is live, or when it goes back to it.
    `images`: part or container -> image as the release names it ("<app>/<container>" where it has
    `artifacts`); `digests`: the same names -> what ran, where that is known:
    "<repository>@sha256:...", or a bare "sha256:..." that is no name for a registry.
    `serves`: the same text for releases that serve the same (restarts, replicas and the like
    differ); never written to a file.
    `proven`: what the platform itself shows of it now that speaks for it ("2 pods are ready").
    `facts`: the adapter's own Struct, never written to a file.
    """

    id: str
    version: str | None = None
    status: Status = "unknown"
    deployed_at: str | None = None
    artifact: str | None = None
    commit: str | None = None
    description: str = ""
    deployed_by: str | None = None
    made_at: str | None = None
    served_seconds: float | None = None
    skip: str | None = None
    skip_reason: str = ""
    artifacts: dict[str, str] = {}
    # ids that the same release had before: some platforms renumber what is rolled back to
    aliases: tuple[str, ...] = ()
    guess: bool = False
    doubt: str = ""
    unproven: bool = False
    findings: tuple[Finding, ...] = ()
    images: dict[str, str] = {}
    digests: dict[str, str] = {}
    serves: str | None = None
    proven: str = ""
    facts: Any = None

    @property
    def label(self) -> str:
        """Return the id, with the version beside it if that says more."""
        return self.id if self.version in (None, self.id) else f"{self.id} ({self.version})"


class Skipped(Struct, frozen=True):
    """A release that is not chosen; `at` is when it was deployed, for lists only."""

    release: str
    code: str
    reason: str
    at: str | None = None


class Move(Struct, frozen=True):
    """One target, or one part of it, from one release to another.

    `id` is "<component>.<slug of the app>", unique in the plan; adapters leave it empty, the flow
    fills it in before it asks them for guards and steps.
    """

    target: Target
    current: Release
    to: Release
    id: str = ""
    bare: str | None = None
    skipped: tuple[Skipped, ...] = ()
