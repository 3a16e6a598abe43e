"""The cache remembers, forgets, and never stands in the way."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import filelock  # noqa: F401  (imported here so that a test without permissions need not read it)
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from records import full_after, python, unwritable

import cache
from cache.store import MOST_ENTRIES, Store


class Seen(Struct):
    name: str


def counted(value: object = "v") -> tuple[list[int], object]:
    looks: list[int] = []

    def look() -> object:
        looks.append(1)
        return value

    return looks, look


def test_the_platform_is_kept_for_a_day_and_the_history_for_five_minutes(tmp_path: Path) -> None:
    assert (cache.platform(tmp_path).ttl, cache.history(tmp_path).ttl) == (86400, 300)


def test_a_second_look_is_not_needed(tmp_path: Path) -> None:
    looks, look = counted(Seen("helm"))
    first, second = (cache.platform(tmp_path).recall("k", look) for _ in range(2))  # type: ignore[arg-type]
    assert (len(looks), first.value, second.value) == (1, {"name": "helm"}, {"name": "helm"})


def test_again_looks_again(tmp_path: Path) -> None:
    looks, look = counted()
    for _ in range(2):
        cache.platform(tmp_path).recall("k", look, again=True)  # type: ignore[arg-type]
    assert len(looks) == 2


def test_entries_are_kept_apart_by_key(tmp_path: Path) -> None:
    store = cache.history(tmp_path)
    for key in ("staging/a", "staging/b"):
        store.recall(key, lambda key=key: key)  # type: ignore[misc]
    assert [store.peek(key).value for key in ("staging/a", "staging/b")] == [
        "staging/a",
        "staging/b",
    ]  # type: ignore[union-attr]
    assert store.peek("staging/c") is None


def test_one_entry_or_all_are_forgotten(tmp_path: Path) -> None:
    store = cache.history(tmp_path)
    for key in "abc":
        store.recall(key, lambda: 1)
    store.forget("a")
    assert [store.peek(key) is None for key in "abc"] == [True, False, False]
    cache.forget(tmp_path)
    assert [store.peek(key) is None for key in "abc"] == [True, True, True]


@pytest.mark.parametrize("change", [-301, 1, 10**9])
def test_an_old_entry_and_one_from_the_future_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: int
) -> None:
    store = cache.history(tmp_path)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + change)
    store.recall("k", lambda: "then")
    monkeypatch.setattr(time, "time", lambda: now)
    assert store.peek("k") is None
    assert store.recall("k", lambda: "now") == ("now", 0)


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", "[[[" * 9999, '{"version": 1}', '{"version": 1, "entries": [1]}', '{"version": 1, "entries": {"k": 3}}',
    '{"version": 1, "entries": {"k": {"at": "x", "value": 1}}}',
])  # fmt: skip
def test_a_damaged_file_is_an_absent_one(tmp_path: Path, text: str) -> None:
    store = cache.history(tmp_path)
    store.recall("k", lambda: "old")
    store.path.write_text(text)
    assert store.recall("k", lambda: "new").value == "new"
    assert store.peek("k") == ("new", 0)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_survived(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    store = cache.history(tmp_path_factory.getbasetemp())
    store.path.parent.mkdir(parents=True, exist_ok=True)
    store.path.write_bytes(data)
    assert store.peek("k") is None


def test_a_file_of_a_newer_version_is_ignored(tmp_path: Path) -> None:
    store = cache.history(tmp_path)
    store.recall("k", lambda: "old")
    saved = json.loads(store.path.read_text())
    store.path.write_text(json.dumps({**saved, "version": saved["version"] + 1}))
    assert store.peek("k") is None


def test_a_folder_that_cannot_be_written_costs_only_the_memory() -> None:
    with unwritable() as project:
        assert cache.history(project).recall("k", lambda: 1) == (1, 0)
        cache.forget(project)


def test_a_full_disk_costs_only_the_memory(tmp_path: Path) -> None:
    store = cache.history(tmp_path)
    store.recall("k", lambda: "kept")
    with full_after(0):
        assert store.recall("big", lambda: "x" * 9999).value == "x" * 9999
    assert store.peek("k") == ("kept", 0)
    assert sorted(os.listdir(store.path.parent)) == [
        ".gitignore",
        "history.json",
        "history.json.lock",
    ]


@pytest.mark.parametrize(
    "link", [".claude", ".claude/cache", f"{cache.FOLDER}", f"{cache.FOLDER}/history.json.lock"]
)
def test_nothing_is_written_through_a_link_out_of_the_project(tmp_path: Path, link: str) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    (outside / "theirs").write_text("theirs")
    place = project / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / "theirs" if link.endswith(".lock") else outside)
    assert cache.history(project).recall("k", lambda: 1).value == 1
    assert (outside / "theirs").read_text() == "theirs"
    assert not list(outside.rglob("*.json*"))


def test_the_cache_keeps_itself_out_of_git(tmp_path: Path) -> None:
    store = cache.history(tmp_path)
    store.recall("k", lambda: 1)
    assert (store.path.parent / ".gitignore").read_text() == "*\n"


def test_old_entries_make_room(tmp_path: Path) -> None:
    store = Store(tmp_path, Path("c/x.json"), ttl=60)
    for number in range(MOST_ENTRIES + 5):
        store.recall(str(number), lambda: 1)
    assert store.peek("4") is None
    assert store.peek("5") is not None


@pytest.mark.programs
def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    code = "import sys, cache; from pathlib import Path\nfor n in range(5): cache.history(Path(sys.argv[1])).recall(f'{sys.argv[2]}-{n}', lambda: n)"
    writers = [python(code, tmp_path, name) for name in "abcd"]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [("", 0)] * 4
    assert all(cache.history(tmp_path).peek(f"{name}-{n}") for name in "abcd" for n in range(5))
