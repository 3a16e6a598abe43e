"""Releases whose platform names no commit get that of the git tag of their version."""

from __future__ import annotations

import subprocess

import pytest

from rollback.flow import commits
from rollback.model import Release, Target

WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@example.invalid", "-c", "tag.gpgsign=false")


def git(folder, *words):
    done = subprocess.run(
        ["git", *WHO, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def tagged(tmp_path):
    """Return a repository and a function that commits and tags."""
    git(tmp_path, "init", "-q")

    def tag(*names, options=()):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", names[0])
        for name in names:
            git(tmp_path, "tag", *options, name)
        return git(tmp_path, "rev-parse", "HEAD")

    return tmp_path, tag


def commit_of(folder, version, app="web", commit=None):
    target = Target("production", "app", "kubernetes", app, "here", False)
    release = Release("7", version=version, commit=commit)
    ((_, (named,)),) = commits.named(folder, [(target, [release])])
    return named.commit


@pytest.mark.programs
@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v3", "v3"),
        ("v1.4.2", "1.4.2"),
        ("web-1.4.2", "1.4.2"),
        ("web/v1.4.2", "1.4.2"),
        ("web@1.4.2", "1.4.2"),
    ],
)
def test_the_tag_of_a_version_names_the_commit(tagged, tag, version):
    folder, make = tagged
    sha = make(tag)
    make("v9")
    assert commit_of(folder, version) == sha


@pytest.mark.programs
def test_an_annotated_tag_names_its_commit_and_not_itself(tagged):
    folder, make = tagged
    sha = make("v3", options=("-a", "-m", "release"))
    assert commit_of(folder, "v3") == sha


@pytest.mark.programs
def test_a_tag_of_the_part_itself_comes_first(tagged):
    folder, make = tagged
    make("1.4.2", "api-1.4.2")
    sha = make("web-1.4.2")
    assert commit_of(folder, "1.4.2") == sha


@pytest.mark.programs
def test_what_the_platform_names_stays(tagged):
    folder, make = tagged
    make("v3")
    assert commit_of(folder, "v3", commit="abc1234") == "abc1234"


@pytest.mark.programs
def test_a_moving_tag_names_no_commit(tagged):
    folder, make = tagged
    make("latest", "main")
    assert (commit_of(folder, "latest"), commit_of(folder, "main")) == (None, None)


@pytest.mark.programs
def test_without_a_tag_or_a_repository_nothing_is_known(tagged, tmp_path_factory):
    folder, make = tagged
    make("v3")
    assert commit_of(folder, "v4") is None
    assert commit_of(tmp_path_factory.mktemp("plain"), "v3") is None
