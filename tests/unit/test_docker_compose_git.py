"""Releases that git remembers: the images that the files of a commit name, as far as they are here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from compose_recorded import Engine, nothing_of_this_machine, project  # noqa: F401
from msgspec.structs import replace

from rollback.platforms.docker_compose.history import at_commit, git_files
from rollback.platforms.docker_compose.history.at_commit import AtCommit
from rollback.platforms.docker_compose.history.commits import Commit
from rollback.shell import Answer, Shell

HASHES = {name: f"{name[1]}abcdef{name[1] * 33}" for name in ("v1", "v2", "v3")}
TAGGED = "services: {web: {image: 'shop:${TAG}'}}\n"
MIRRORED = "services: {web: {image: '${REGISTRY}/shop:${TAG}'}}\n"
V1 = Engine(
    shop__v1="sha256:1",
    shop__v3="sha256:3",
    **{"ghcr.io/acme/shop__v1": "sha256:1", "ghcr.io/acme/shop__v3": "sha256:3"},
)


class Git(Shell):
    """A repository as `git grep` prints it; the newest commit is HEAD."""

    def __init__(self, root: Path, commits: dict[str, dict[str, str]]) -> None:
        super().__init__(root)
        self.files = {HASHES[name]: files for name, files in commits.items()}
        self.files["HEAD"] = list(commits.values())[-1] if commits else {}
        self.asked: list[tuple[str, ...]] = []

    def ask(self, command) -> Answer:
        argv = command.argv
        self.asked.append(argv)
        assert argv[: len(git_files._GIT)] == git_files._GIT and "grep" in argv
        dashes = argv.index("--")
        commits = argv[argv.index("") + 1 : dashes]
        paths = [word.removeprefix(":(literal)") for word in argv[dashes + 1 :]]
        rows = [
            f"{commit}:{path}\0{line}\n"
            for commit in commits
            for path, text in self.files.get(commit, {}).items()
            if path in paths
            for line in text.removesuffix("\n").split("\n")
        ]
        return Answer((0 if rows else 1, "".join(rows), ""))


class Repository:
    """Commits by tag, and what lies on disk."""

    def __init__(
        self, root: Path, commits: dict[str, dict[str, str]], images: Engine = V1, **disk: str
    ) -> None:
        self.shell, self.images = Git(root, commits), images
        for path, text in {**self.shell.files["HEAD"], **disk}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        self.project = project(str(root))

    def at(self, name: str, *tags: str) -> AtCommit | None:
        """What the commit of this name would run."""
        commit = Commit(HASHES[name], "2026-11-24T10:00:00Z", "Dora", "release", tags or (name,))
        found = at_commit.read([commit], self.project, self.shell, self.images)
        return found[0] if found else None

    def all(self) -> list[AtCommit]:
        """What the commits v1 and v3 would run, read together."""
        at = "2026-11-24T10:00:00Z"
        commits = [Commit(HASHES[name], at, "Dora", "release", (name,)) for name in ("v1", "v3")]
        return at_commit.read(commits, self.project, self.shell, self.images)


def both(text: str, **env: str) -> dict[str, dict[str, str]]:
    """The same file in v1 and v3; `env` are the texts of .env by commit."""
    return {
        name: {"compose.yaml": text, **({".env": env[name]} if name in env else {})}
        for name in ("v1", "v3")
    }


def test_the_tag_in_a_tracked_env_file_is_that_of_the_commit(tmp_path):
    found = Repository(tmp_path, both(TAGGED, v1="TAG=v1\n", v3="TAG=v3\n")).at("v1", "some-name")
    assert found.references == {"web": "shop:v1"}
    assert found.source.env == ((str(tmp_path / ".env"), "TAG=v1\n"),)


def test_a_literal_tag_needs_no_variables(tmp_path):
    commits = {
        "v1": {"compose.yaml": "services: {web: {image: 'shop:v1'}}\n"},
        "v3": {"compose.yaml": TAGGED},
    }
    assert Repository(tmp_path, commits).at("v1").references == {"web": "shop:v1"}


def test_the_tag_of_an_untracked_env_file_is_todays_and_no_commits(tmp_path):
    here = Repository(tmp_path, both(TAGGED), **{".env": "TAG=v3\n"})
    assert here.at("v1").references == {"web": "shop:v1"}
    assert here.at("v1", "nothing-here").references == {}  # not shop:v3


@pytest.mark.parametrize(
    "name",
    ["v1", "1", HASHES["v1"], HASHES["v1"][:12], HASHES["v1"][:7], f"sha-{HASHES['v1'][:7]}"],
)
def test_the_tag_may_be_any_usual_name_of_the_commit(tmp_path, name):
    here = Repository(tmp_path, both(TAGGED), Engine(**{f"shop__{name}": "sha256:1"}))
    assert here.at("v1").references == {"web": f"shop:{name}"}


def test_a_registry_is_the_same_for_all_commits(tmp_path):
    here = Repository(tmp_path, both(MIRRORED), **{".env": "REGISTRY=ghcr.io/acme\nTAG=v3\n"})
    assert here.at("v1").references == {"web": "ghcr.io/acme/shop:v1"}


def test_a_variable_that_is_the_whole_reference_decides_too(tmp_path):
    here = Repository(
        tmp_path, both("services: {web: {image: '${IMAGE}'}}\n"), **{".env": "IMAGE=shop:v3\n"}
    )
    assert here.at("v1").references == {}


def test_an_env_file_that_was_edited_without_a_commit_wins(tmp_path):
    commits = both(
        MIRRORED, v1="REGISTRY=old.example\nTAG=v1\n", v3="REGISTRY=old.example\nTAG=v3\n"
    )
    edited = "REGISTRY=ghcr.io/acme\nTAG=v3\n"
    found = Repository(tmp_path, commits, **{".env": edited}).at("v1")
    assert found.references == {"web": "ghcr.io/acme/shop:v1"}
    assert found.source.env == ((str(tmp_path / ".env"), edited),)


def test_an_env_file_that_was_brought_back_from_another_commit_is_no_edit(tmp_path):
    commits = both(TAGGED, v1="TAG=v1\nCOLOR=red\n", v3="TAG=v3\nCOLOR=blue\n")
    here = Repository(tmp_path, commits, **{".env": "TAG=v1\nCOLOR=red\n"})
    found = {row.commit.tags[0]: row.source for row in here.all()}
    assert found["v3"].env == ((str(tmp_path / ".env"), "TAG=v3\nCOLOR=blue\n"),)
    assert found["v3"].in_git and found["v1"].in_git


def test_an_env_file_that_was_emptied_without_a_commit_is_empty(tmp_path):
    commits = both(TAGGED, v1="TAG=v1\n", v3="TAG=v3\n")
    here = Repository(tmp_path, commits, **{".env": ""})
    found = here.at("v1")
    assert found.source.env == ((str(tmp_path / ".env"), ""),)
    assert found.references == {"web": "shop:v1"}  # by the name of its commit
    assert here.at("v1", "some-name").references == {}


@pytest.mark.parametrize("edited", ["", "A=2\n"])
def test_an_env_file_of_a_service_that_was_edited_without_a_commit_wins(tmp_path, edited):
    text = "services: {web: {image: 'shop:v1', env_file: web.env, environment: [B=1]}}\n"
    commits = {name: {"compose.yaml": text, "web.env": "A=1\n"} for name in ("v1", "v3")}
    here = Repository(tmp_path, commits, **{"web.env": edited})
    assert here.at("v1").source.beside == ((str(tmp_path / "web.env"), edited),)
    (tmp_path / "compose.yaml").write_text(text.replace("v1", "v3").replace("B=1", "B=2"))
    assert here.at("v1").references == {"web": "shop:v1"}  # of compose files the commit's count


def test_a_missing_env_file_is_taken_from_the_commit(tmp_path):
    here = Repository(tmp_path, both(TAGGED, v1="TAG=v1\n", v3="TAG=v3\n"))
    (tmp_path / ".env").unlink()
    found = here.at("v1", "some-name")
    assert found.source.env == ((str(tmp_path / ".env"), "TAG=v1\n"),)


@pytest.mark.parametrize(
    ("env", "disk", "in_git"),
    [
        ({"v1": "TAG=v1\n", "v3": "TAG=v3\n"}, {}, True),
        ({"v1": "TAG=v1\n"}, {".env": "KEY=x1y2\n"}, True),
        ({"v1": "TAG=v1\n", "v3": "TAG=v3\n"}, {".env": "KEY=x1y2\n"}, False),
        ({"v3": "TAG=v3\n"}, {}, False),
        ({"v3": "TAG=v3\n"}, {".env": "KEY=x1y2\n"}, False),
        ({}, {".env": "KEY=x1y2\n"}, False),
    ],
    ids=["as git has it", "ignored since", "edited", "added since", "added and edited", "ignored"],
)
def test_only_an_unedited_tracked_env_file_counts_as_gits(tmp_path, env, disk, in_git):
    source = Repository(tmp_path, both(TAGGED, **env), **disk).at("v1").source
    assert source.in_git == ((str(tmp_path / ".env"),) if in_git else ())
    assert not in_git or "KEY" not in str(source.env)


def test_an_edit_of_a_comment_does_not_count(tmp_path):
    commits = both(TAGGED, v1="TAG=v1\n", v3="TAG=v3\n")
    found = Repository(tmp_path, commits, **{".env": "# why\nTAG=v3\n"}).at("v1", "some-name")
    assert found.references == {"web": "shop:v1"}


def test_a_file_that_is_tracked_now_and_was_not_then_is_absent(tmp_path):
    text = "include: [more.yaml]\nservices: {web: {image: 'shop:v1', env_file: web.env}}\n"
    new = {"more.yaml": "services: {}\n", "web.env": "A=1\n", ".env": "TAG=v3\n"}
    commits = {"v1": {"compose.yaml": text}, "v3": {"compose.yaml": text, **new}}
    found = Repository(tmp_path, commits).at("v1")
    assert (found.source.beside, found.source.env) == ((), ())
    assert found.source.missing() == [str(tmp_path / "more.yaml")]


def test_a_file_that_git_never_had_is_taken_as_it_is_on_disk(tmp_path):
    text = "include: [more.yaml]\nservices: {web: {image: 'shop:v1', env_file: web.env}}\n"
    disk = {"more.yaml": "services: {api: {image: x}}\n", "web.env": "A=1\n", ".env": "TAG=v3\n"}
    found = Repository(tmp_path, both(text), **disk).at("v1")
    assert dict(found.source.beside) == {str(tmp_path / name): disk[name] for name in disk}
    assert found.source.env == ((str(tmp_path / ".env"), "TAG=v3\n"),)
    assert found.source.missing() == []


def test_included_files_are_those_of_the_commit(tmp_path):
    def tree(tag: str) -> dict[str, str]:
        inner = {
            "deploy/api.yaml": f"include: [more.yaml]\nservices: {{api: {{image: 'shop:{tag}'}}}}\n"
        }
        return {
            "compose.yaml": "include: [deploy/api.yaml]\n",
            **inner,
            "deploy/more.yaml": f"services: {{x: {{image: 'shop:{tag}'}}}}\n",
        }

    here = Repository(tmp_path, {"v1": tree("v1"), "v3": tree("v3")})
    assert here.at("v1").references == {"api": "shop:v1", "x": "shop:v1"}
    assert (
        len(here.shell.asked) == 3
    )  # one question for each level of includes, however many commits


def test_a_commit_without_the_compose_file_is_left_out(tmp_path):
    here = Repository(
        tmp_path, {"v1": {"docker-compose.yml": TAGGED}, "v3": {"compose.yaml": TAGGED}}
    )
    assert here.at("v1") is None
    assert here.at("v3").references == {"web": "shop:v3"}


def test_a_commit_with_invalid_yaml_is_left_out(tmp_path):
    assert (
        Repository(
            tmp_path, {"v1": {"compose.yaml": "services: [\n"}, "v3": {"compose.yaml": TAGGED}}
        ).at("v1")
        is None
    )


def test_git_is_not_asked_for_files_outside_the_repository(tmp_path):
    (tmp_path / "app" / ".git").mkdir(parents=True)
    here = Repository(tmp_path / "app", both(TAGGED))
    here.project = replace(here.project, env_files=(str(tmp_path / "shared.env"),))
    assert here.at("v1").references == {"web": "shop:v1"}
    assert not any("shared.env" in word for argv in here.shell.asked for word in argv)


def test_texts_are_kept_line_by_line(tmp_path):
    text = "# a:b\n\nservices:\n  web:\n    image: 'shop:v1'  # é\t%41 \\n\n"
    found = Repository(tmp_path, both(text)).at("v1")
    assert dict(found.source.files) == {os.path.join(tmp_path, "compose.yaml"): text}
