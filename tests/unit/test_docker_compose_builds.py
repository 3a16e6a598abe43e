"""Releases that only images remember: in the order of builds, or by the commit on their labels."""

from __future__ import annotations

import json

import pytest
from compose_recorded import Engine, Replies, container, exited, project, target

from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.history import builds, candidates, git_releases
from rollback.platforms.docker_compose.history.at_commit import AtCommit
from rollback.platforms.docker_compose.history.builds import Build
from rollback.platforms.docker_compose.history.commits import Commit

NEW, OLD, OLDEST = "2026-11-24T10:00:00.7Z", "2026-11-23T10:00:00Z", "2026-11-22T10:00:00Z"
COMMIT = "a1b2c3d4e5f6" + "0" * 28
BUILT = Source(
    (("/srv/shop/compose.yaml", "services: {web: {build: .}, api: {image: 'api:v1'}}\n"),)
)


def found(*containers, commits=(), **by_service):
    running = target(*(containers or (container("web", image="w3"), container("api", image="a3"))))
    ids = {"w3", "a3", *(one.id for group in by_service.values() for one in group)}
    here = Engine(**{f"{id}__x": id for id in ids})
    known = builds.releases(by_service, running, here, commits)
    return [one.release for one in known]


def test_each_build_is_a_release_with_the_newest_images_of_that_time():
    web = [Build("w3", NEW), Build("w2", OLD), Build("w1", OLDEST)]
    api = [Build("a3", "2026-11-23T12:00:00Z"), Build("a1", "2026-11-22T09:00:00Z")]
    releases = found(web=web, api=api)
    assert [one.made_at for one in releases] == [
        "2026-11-24T10:00:00Z",
        "2026-11-23T12:00:00Z",
        "2026-11-23T10:00:00Z",
        "2026-11-22T10:00:00Z",
        "2026-11-22T09:00:00Z",
    ]
    parts = [(one.artifacts["web"], one.artifacts["api"]) for one in releases[:4]]
    assert parts == [("w3", "a3"), ("w2", "a3"), ("w2", "a1"), ("w1", "a1")]
    assert not any(one.guess or one.skip or one.deployed_at for one in releases)
    assert len({one.id for one in releases[:4]}) == 4


def parts(releases):
    return [(one.artifacts["web"], one.artifacts["api"]) for one in releases]


def test_services_that_a_deploy_builds_one_after_the_other_are_one_release():
    """The images of its middle never ran together."""
    web = [Build("w3", "2026-11-24T10:00:00Z"), Build("w2", "2026-11-23T10:00:00Z")]
    api = [Build("a3", "2026-11-24T10:04:00Z"), Build("a2", "2026-11-23T10:04:00Z")]
    assert parts(found(web=web, api=api)) == [("w3", "a3"), ("w2", "a2")]


def test_a_second_build_of_a_service_begins_another_release():
    web = [Build("w3", "2026-11-24T10:02:00Z"), Build("w2", "2026-11-24T10:00:00Z")]
    api = [Build("a3", "2026-11-24T10:03:00Z"), Build("a1", OLDEST)]
    assert parts(found(web=web, api=api))[:2] == [("w3", "a3"), ("w2", "a1")]


def test_a_commit_begins_another_release():
    web, api = [Build("w2", "2026-11-24T10:00:00Z")], [Build("a2", "2026-11-24T10:03:00Z")]
    api.append(Build("a1", OLDEST))
    between = found(web=web, api=api, commits=["2026-11-24T10:01:00Z"])
    assert parts(between)[:2] == [("w2", "a2"), ("w2", "a1")]
    before = found(web=web, api=api, commits=["2026-11-24T10:00:00Z"])
    assert parts(before)[:1] == [("w2", "a2")] and ("w2", "a1") not in parts(before)


def test_a_build_half_an_hour_later_may_belong_to_the_same_deploy_and_makes_a_guess():
    web, api = [Build("w2", "2026-11-24T10:00:00Z")], [Build("a2", "2026-11-24T10:30:00Z")]
    first, second = found(web=web, api=[*api, Build("a1", OLDEST)])[:2]
    assert (first.guess, second.guess) == (False, True)
    assert "perhaps for the same release" in second.doubt


def test_images_of_the_same_moment_have_no_order_and_are_guesses():
    releases = found(web=[Build("w3", NEW), Build("w2", OLD), Build("w1", OLD)])
    told = [(one.artifacts["web"], bool(one.guess)) for one in releases]
    assert told == [("w3", False), ("w2", True), ("w1", True)]


def test_a_service_with_a_single_image_of_a_moment_has_it_in_every_guess():
    web, api = [Build("w2", OLD), Build("w1", OLD)], [Build("a2", OLD), Build("a1", OLDEST)]
    parts = [(one.artifacts["web"], one.artifacts["api"]) for one in found(web=web, api=api)]
    assert parts[:2] == [("w2", "a2"), ("w1", "a2")]


def test_two_services_that_were_built_together_are_one_release_and_no_guess():
    releases = found(
        web=[Build("w3", NEW), Build("w2", OLD)], api=[Build("a3", NEW), Build("a2", OLD)]
    )
    assert [(one.artifacts["web"], one.artifacts["api"]) for one in releases] == [
        ("w3", "a3"),
        ("w2", "a2"),
    ]
    assert not any(one.guess or one.facts for one in releases)


def test_services_without_builds_keep_their_image():
    assert {one.artifacts["api"] for one in found(web=[Build("w3", NEW), Build("w2", OLD)])} == {
        "a3"
    }


def test_only_images_of_moving_services_must_exist():
    running = target(
        container("web", image="w3"), container("db", image="d3", reference="postgres:16")
    )
    here = Engine(web__v1="w1", web__v3="w3")
    release = candidates.build("v1", {"web": "w1", "db": "d1"}, running, here)
    assert (release.skip, release.version) == (None, "v1")
    gone = candidates.build("v0", {"web": "sha256:0123456789abcdef", "db": "d1"}, running, here)
    assert (gone.skip, gone.skip_reason) == (
        "artifact-gone",
        "no longer on this engine: web 0123456789ab",
    )


@pytest.mark.parametrize("name", [COMMIT, COMMIT[:7], COMMIT[:12], "v1.2", "1.2"])
def test_labels_name_the_commit_or_its_tag(name):
    assert Build("w1", OLD, (name,)).belongs_to(COMMIT, ("v1.2",))


@pytest.mark.parametrize("name", [COMMIT[:6], "f" * 40, "1", "main", ""])
def test_other_labels_do_not(name):
    assert not Build("w1", OLD, (name,)).belongs_to(COMMIT, ("v1.2",))


def at_commit(at: str, hash: str = COMMIT, source: Source = BUILT) -> AtCommit:
    return AtCommit(Commit(hash, at, "Dora", "release"), source, {})


def built(
    made: dict[str, list[Build]], source: Source = BUILT, edited: dict[str, list[str]] | None = None
) -> dict[str, str]:
    """What a commit of noon made, followed by one of the next noon."""
    next_one = at_commit("2026-11-24T12:00:00Z", "f" * 40)
    return git_releases._built(
        at_commit("2026-11-23T13:00:00+01:00", source=source), next_one, made, edited or {}
    )


def test_a_label_assigns_an_image_to_its_commit_whatever_its_time():
    group = [
        Build("late", "2026-12-01T00:00:00Z", (COMMIT,)),
        Build("timed", "2026-11-23T12:30:00Z"),
    ]
    assert built({"web": group}) == {"web": "late"}


def test_without_labels_a_commit_made_the_last_image_before_the_next_commit():
    times = {
        "next": "2026-11-24T12:00:00Z",
        "second": "2026-11-24T11:59:59Z",
        "first": "2026-11-23T12:00:00Z",
        "before": "2026-11-23T11:59:59Z",
    }
    group = [Build(id, at) for id, at in times.items()]
    assert built({"web": group}) == {"web": "second"}
    assert built({"web": group[2:]}) == {"web": "first"}
    assert built({"web": group[3:]}) == {}


def test_a_service_that_had_not_changed_kept_its_image():
    both = Source((("/srv/shop/compose.yaml", "services: {web: {build: .}, api: {build: api}}\n"),))
    later, then = Build("a3", "2026-11-25T12:00:00Z"), Build("w2", "2026-11-23T12:30:00Z")
    before, never = Build("a1", OLDEST), {"api": ["2026-11-21T09:00:00Z"]}
    assert built({"web": [then], "api": [later, before]}, both, never) == {"web": "w2", "api": "a1"}
    assert built({"web": [then], "api": [later]}, both, never) == {"web": "w2"}
    tied = [before, Build("a0", OLDEST)]
    assert built({"web": [then], "api": tied}, both, never) == {"web": "w2"}
    assert built({"web": [], "api": [later, before]}, both, never) == {}


@pytest.mark.parametrize("at", ["2026-11-23T12:00:00Z", "2026-11-22T10:00:01Z"])
def test_an_image_of_what_a_commit_changed_since_is_not_its_image(at):
    """Its own was removed from the engine: beside it the older one never ran."""
    both = Source((("/srv/shop/compose.yaml", "services: {web: {build: .}, api: {build: api}}\n"),))
    group = {"web": [Build("w2", "2026-11-23T12:30:00Z")], "api": [Build("a1", OLDEST)]}
    assert built(group, both, {"api": [at]}) == {"web": "w2"}
    assert built(group, both, {"api": ["2026-11-24T12:00:00Z"]}) == {"web": "w2", "api": "a1"}


def test_two_images_of_the_same_moment_are_no_commits():
    assert (
        built({"web": [Build("b", "2026-11-23T12:30:00Z"), Build("a", "2026-11-23T12:30:00Z")]})
        == {}
    )


def test_a_commit_owns_only_images_of_services_that_it_builds():
    assert built({"api": [Build("a1", "2026-11-23T12:30:00Z")]}) == {}
    assert built({"web": [Build("w1", "2026-11-23T12:30:00Z")]}, Source(())) == {}


def inspected(id: str, at: str, **labels: str) -> dict[str, object]:
    names = {
        "service": "com.docker.compose.service",
        "revision": "org.opencontainers.image.revision",
    }
    return {
        "Id": id,
        "Created": at,
        "Config": {"Labels": {names[name]: text for name, text in labels.items()} or None},
    }


def test_labelled_builds_and_untagged_images_belong_to_their_service():
    images = Engine(shop__v3="w3")
    images.untagged = lambda repository: {"u1"} if repository == "acme/web" else set()
    labelled = [
        inspected("w2", OLD, service="web", revision=COMMIT),
        inspected("a2", OLD, service="gone"),
    ]
    known = [*labelled, inspected("w3", NEW), inspected("u1", OLDEST)]
    shell = Replies(
        {
            "docker image ls": "w2\na2\nw2\n",
            "docker image inspect a2 w2": json.dumps(labelled),
            "docker image inspect u1 w2 w3": json.dumps(known[:1] + known[2:]),
        }
    )
    running = [
        container("web", image="w3"),
        container("api", image="a3"),
        exited("migrate", image="w3"),
    ]
    labelled = builds.labelled(project(), shell)
    made = builds.read(target(*running), running, images, labelled, shell)
    assert {service: [one.id for one in group] for service, group in made.items()} == {
        "web": ["w3", "w2", "u1"]
    }
    assert made["web"][1].names == (COMMIT,)
    assert "--filter label=com.docker.compose.project=shop" in shell.asked[0]


def test_a_project_that_builds_nothing_has_no_such_images():
    images = Engine(shop__v3="w3")
    images.untagged = lambda repository: set()
    running = [container("web", image="w3")]
    assert builds.read(target(*running), running, images, {}, Replies({})) == {}


def test_an_image_that_vanished_in_between_is_left_out():
    shell = Replies(
        {"docker image inspect": (1, json.dumps([inspected("w1", OLD)]), "No such image: w2")}
    )
    assert [facts["Id"] for facts in builds._inspect(["w1", "w2"], shell)] == ["w1"]
    assert builds._inspect(["w1"], Replies({"inspect": (1, "not json", "")})) == []
