"""YAML that is wrong, hostile or huge ends in one clear line, fast."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import Usage
from rollback.settings import model
from rollback.settings.check import check
from rollback.settings.yaml_text import read
from rollback.text import clean

LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
DOUBLING = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)
)


@pytest.fixture(params=["libyaml", "Python"], autouse=True, scope="module")
def loader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both loaders must refuse the same: libyaml is not everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "Python":
            patch.delattr(yaml, "CSafeLoader")
        yield


def refusal(text: str | bytes) -> Usage:
    with pytest.raises(Usage) as told:
        read(text.encode() if isinstance(text, str) else text, "settings.yml")
    assert told.value.code == "settings-yaml"
    return told.value


@pytest.mark.parametrize("text, line", [
    ("environments:\n  a: [\n", 3),
    ("a: 1\nb: 'open\n", 3),
    ("a: 1\n\tb: 2\n", 2),
    ("a: 1\n---\nb: 2\n", 2),
    ("a: 1\nb: !!python/object/apply:os.system [true]\n", 2),
    ("a: 1\n\nb: *nowhere\n", 3),
    ("a: 1\na: 2\n", 2),
    ("x:\n  protected: true\n  protected: false\n", 3),
    ("x:\n- y\n- {a: 1, a: 2}\n", 3),
    ("? [a]\n: 1\n", 1),
    (b"a: 1\nb: \xff\n", 2),
    ("a: 1\nb: \x00\n", 2),
])  # fmt: skip
def test_wrong_yaml_is_told_with_file_and_line(text: str | bytes, line: int) -> None:
    assert refusal(text).message.startswith(f"settings.yml, line {line}: ")


@pytest.mark.parametrize("text", ["d: 2026-99-99", "n: " + "9" * 5000])
def test_a_value_that_cannot_exist_is_refused(text: str) -> None:
    assert "line 1" in refusal(text).message


@pytest.mark.parametrize("text", [
    LAUGHS, DOUBLING, "a: &a [*a]", "a: &a {b: {c: *a}}", "a: " + "[" * 5000, "a: " + "{b: " * 5000, "- " * 5000 + "x",
    "\n".join(" " * n + "a:" for n in range(500)), "[" + "x," * 100_000 + "]",
])  # fmt: skip
def test_a_bomb_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    refusal(text)
    assert time.process_time() - began < 2


def test_anchors_and_merges_of_ordinary_size_work() -> None:
    text = "base: &base {status: 200}\nx: {<<: *base, url: a}\ny: {<<: *base, url: b}\n"
    assert read(text.encode(), "s")["y"] == {"status": 200, "url": "b"}


def test_a_byte_order_mark_is_no_content() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n", "s") == {"a": 1}


def test_values_are_not_shown_when_yaml_is_wrong() -> None:
    error = refusal("token: s3cret\nb: [s3cret\n")
    assert "s3cret" not in error.message + error.fix


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / model.FILE
    file.parent.mkdir()
    file.write_text("# " + "x" * model.MOST_BYTES)
    with pytest.raises(Usage, match="at most 256 KB"):
        model.load(tmp_path)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet="environments: {}[]&*!\n-'\"a1<|>%@`?,#", max_size=200).map(str.encode),
    )
)
def test_any_bytes_end_in_settings_or_in_a_usage_error(data: bytes) -> None:
    try:
        check(read(data, "s"), "s")
    except Usage as error:
        assert error.message == clean(error.message, 10_000)


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=10),
    st.binary(max_size=3),
    st.dates(),
)
KEYS = st.one_of(
    st.sampled_from([*model.EnvironmentSettings.__struct_fields__, *model.GROUPS, "url", "status"]),
    PLAIN,
)
DATA = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(st.one_of(DATA, DATA.map(lambda inner: {"environments": {"a": inner, "b": inner}})))
def test_any_data_ends_in_settings_or_in_a_usage_error(data: object) -> None:
    try:
        check(data, "s")
    except Usage as error:
        assert error.message == clean(error.message, 10_000)
