"""Whether ECR still has the images of the target: by digest; a tag alone is no knowledge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.model.image import is_moving
from rollback.platforms.ecs import details
from rollback.platforms.ecs.answers import Definition
from rollback.platforms.ecs.copies import Defined
from rollback.aws.client import Client
from rollback.text import clean

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?"
    r"|on\.aws|on\.amazonwebservices\.com\.cn)/"
    r"(?P<repository>[a-z0-9._/-]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class Image(Struct, frozen=True):
    """An image in ECR, and the digest that ran, where that is known."""

    name: str
    account: str
    region: str
    repository: str
    tag: str
    digest: str


def findings(
    moves: Sequence[Move], client: Client, definitions: Mapping[str, Defined]
) -> Iterator[Finding]:
    """Yield what speaks against the images of the targets, each read once, side by side."""
    named = [(move, _named(move, definitions)) for move in moves]
    known: dict[Image, str] = {}
    for move, names in named:
        for image in _images(move, names):
            known.setdefault(image, move.target.app)
    answers = (
        client.all(lambda image: client.attempt(_answer, client, image), list(known))
        if known
        else []
    )
    for (image, app), answer in zip(known.items(), answers, strict=True):
        yield from judged(image, app, answer)
    for move, names in named:
        yield from _unknown(move, names)


def _named(move: Move, definitions: Mapping[str, Defined]) -> dict[str, str]:
    """Return "<service>/<container>" -> image; those of a guess are in its definition."""
    if move.to.images:
        return dict(move.to.images)
    definition = definitions.get(details.sides(move)[1].arn)
    rows = (
        definition.raw.get("containerDefinitions", ()) if isinstance(definition, Definition) else ()
    )
    return {f"{move.target.app}/{row['name']}": str(row["image"]) for row in rows}


def _images(move: Move, names: Mapping[str, str]) -> Iterator[Image]:
    digests = details.sides(move)[1].digests
    for key, name in names.items():
        if match := _ECR.fullmatch(name):
            digest = match["digest"] or digests.get(key.partition("/")[2], "")
            place = (match["account"], match["region"], match["repository"])
            yield Image(name, *place, match["tag"] or "", digest)


def _answer(client: Client, image: Image) -> dict[str, Any]:
    tag = image.tag or ("" if image.digest else "latest")
    ids = [{"imageDigest": image.digest}] if image.digest else []
    ids += [{"imageTag": tag}] if tag else []
    place = {"registryId": image.account, "repositoryName": image.repository}
    return client.at(image.region).ask("ecr", "batch_get_image", imageIds=ids, **place)


def judged(image: Image, app: str, answer: dict[str, Any] | RollbackError) -> Iterator[Finding]:
    """Yield what ECR's answer means for this image of `app`."""
    name = clean(image.name, 120)
    if isinstance(answer, RollbackError):
        message = (
            f"{app}: ECR does not tell whether it still has {name}: {clean(answer.message, 160)}"
        )
        yield Finding("warning", "image-unknown", message, "allow ecr:BatchGetImage to this role")
        return
    rows = [row.get("imageId", {}) for row in answer.get("images", [])]
    digests = {str(row.get("imageDigest", "")) for row in rows}
    tagged = next(
        (str(row.get("imageDigest", "")) for row in rows if row.get("imageTag") == image.tag), ""
    )
    if not digests or (image.digest and image.digest not in digests):
        lost = f" ({image.digest[:19]})" if image.digest else ""
        message = f"{app}: ECR no longer has {name}{lost}: a lifecycle rule or a person deleted it"
        yield Finding(
            "blocker", "artifact-gone", message, "name another release, or push that image again"
        )
    elif image.tag and image.digest and tagged != image.digest and "@" not in image.name:
        now = f"names {tagged[:19]} today" if tagged else "is gone"
        message = (
            f"{app}: {name} ran as {image.digest[:19]}, and that tag {now}:"
            " going back would bring other bytes"
        )
        fix = f"put the tag on {image.digest} again (aws ecr put-image), then plan again"
        yield Finding("blocker", "tag-moved", message, fix)


def _unknown(move: Move, names: Mapping[str, str]) -> Iterator[Finding]:
    """Report tags whose bytes nobody recorded: ECR may have the tag, and other bytes under it."""
    if not names:
        message = f"{move.target.app}: no image of {move.to.id} is known: none was looked for"
        fix = "allow ecs:DescribeTaskDefinition to this role"
        yield Finding("warning", "image-unknown", message, fix)
    digests = details.sides(move)[1].digests
    for key, name in names.items():
        if "@" not in name and key.partition("/")[2] not in digests:
            message = (
                f"{move.target.app}: ECS recorded no digest of {clean(name, 120)}:"
                " the tag may name other bytes today"
            )
            fix = "name images by digest"
            yield Finding("warning" if is_moving(name) else "note", "digest-unknown", message, fix)
