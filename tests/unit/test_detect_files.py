"""The file index: globs, what counts, and reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.detection import listing
from rollback.detection.files import FileIndex


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index of the paths given, each holding its own name."""
    monkeypatch.setattr(listing, "_from_git", lambda root: None)

    def make(*paths: str) -> FileIndex:
        for path in paths:
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(path)
        return FileIndex(tmp_path)

    return make


@pytest.mark.parametrize(
    ("glob", "paths"),
    [
        ("Chart.yaml", ["Chart.yaml", "a/Chart.yaml", "a/b/Chart.yaml"]),
        ("**/Chart.yaml", ["Chart.yaml", "a/Chart.yaml", "a/b/Chart.yaml"]),
        ("a/*.yaml", ["a/Chart.yaml"]),
        ("a/**/*.yaml", ["a/Chart.yaml", "a/b/Chart.yaml"]),
        ("**/b/**/*", ["a/b/Chart.yaml", "a/b/x.yml"]),
        ("**/*b*/*.y*ml", ["a/b/Chart.yaml", "a/b/x.yml"]),
        ("[A-C]*.yaml", ["Chart.yaml", "a/Chart.yaml", "a/b/Chart.yaml"]),
        ("Chart.*", ["Chart.yaml", "a/Chart.yaml", "a/b/Chart.yaml"]),
        ("?.yml", ["a/b/x.yml"]),
        ("*.rb", []),
        ("no/**/*.yaml", []),
    ],
)
def test_a_glob_finds(index, glob, paths):
    assert (
        index("Chart.yaml", "a/Chart.yaml", "a/b/Chart.yaml", "a/b/x.yml", "charts.txt").matching(
            glob
        )
        == paths
    )


def test_tests_examples_docs_and_vendored_code_do_not_count(index):
    left_out = [
        "tests/a",
        "src/test/a",
        "x/spec/a",
        "examples/a",
        "sample-apps/a",
        "docs/a",
        "node_modules/a",
        "vendor/x/a",
        "e2e/a",
        "shop.Tests/a",
    ]
    kept = ["src/a", "latest/a", "contest/a", "inspect/a", "org-demo-claims/a", "a"]
    assert sorted(index(*left_out, *kept).paths) == sorted(kept)


def test_past_releases_are_not_walked(index, tmp_path):
    files = index("releases/1/Capfile", "shared/x")
    assert "releases/1/Capfile" in files.paths
    (tmp_path / "current").symlink_to("releases/1")
    assert "releases/1/Capfile" not in FileIndex(tmp_path).paths


def test_a_walk_has_an_end(index, monkeypatch):
    monkeypatch.setattr(listing, "WALK_LIMIT", 3)
    assert len(index("a", "b", "c", "d", "e").paths) == 3


def test_only_the_first_bytes_are_read(index, tmp_path):
    files = index("big")
    (tmp_path / "big").write_text("x" * 1_500_000)
    assert len(files.text("big")) == 1024 * 1024
    assert files.unread == {"big": "read only to 1024 KiB"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_text(index, tmp_path, encoding):
    files = index("fly.toml")
    (tmp_path / "fly.toml").write_text('app = "shop"\n', encoding=encoding)
    assert files.text("fly.toml") == 'app = "shop"\n'


def test_what_cannot_be_read_is_empty(index):
    assert index("a").text("gone") == ""


def test_names_that_git_quotes_are_read(tmp_path):
    assert listing._unquoted(r'"a\nb\"c\\d\303\251.txt"') == 'a\nb"c\\dé.txt'
    assert listing._unquoted(r'"caf\351"') == "caf\udce9"


def test_a_folder_is_confirmed_by_one_of_a_few_files(index, tmp_path):
    files = index(*(f"m/{number:02}.sql" for number in range(30)))
    (tmp_path / "m/29.sql").write_text("-- +goose Up\n")
    assert files.confirmed(r"\+goose Up", "*.sql") == ["m"]
    assert Path(files.root) == tmp_path


def test_a_name_speaks_only_where_there_is_no_text(index, tmp_path):
    files = index("db/migrate/20200101000000_a.rb", "lib/migrate/20200101000000_b.rb")
    assert files.confirmed("Migration", "*.rb", named="db/migrate") == []
    for path in files.paths:
        (tmp_path / path).write_text("")
    assert FileIndex(tmp_path).confirmed("Migration", "*.rb", named="db/migrate") == ["db/migrate"]
