"""Values never become code: hostile text in every field, under real bash."""

from __future__ import annotations

import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scripted import World, with_app, world

from rollback.errors import Blocked, Unreadable
from rollback.model import (
    FORWARD,
    REVERSE,
    Command,
    Component,
    Finding,
    Guard,
    Line,
    Lock,
    Move,
    Plan,
    Probe,
    Release,
    Step,
    Target,
    Undo,
)
from rollback.script import header, render, templating, tools

__all__ = ["world"]
ATTACK = "touch PWNED"
PIECES = [
    "'", '"', "`touch PWNED`", "$(touch PWNED)", "${IFS}", "; touch PWNED", "\ntouch PWNED\n", "\\", "\r", "--", "-rf", "#", "!", "&", "|", "*", "~",
    "{{ 7*7 }}", "{% raw %}", "}", "EOF", "\x1b[31m", "\u202e", "\n. ./runner.sh\n", "é", " ", "\t", "%s", "$'\\n'", "a=b", "done",
    "]]", ")", "<(touch PWNED)",
]  # fmt: skip
hostile = (
    st.lists(
        st.sampled_from(PIECES) | st.text(string.printable, max_size=4), min_size=1, max_size=6
    )
    .map("".join)
    .filter(str.strip)
)
names = hostile.map(
    lambda text: text.replace("/", "").encode()[:60].decode(errors="ignore")
).filter(lambda text: text not in ("", ".", ".."))
quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def everywhere(world: World, text: str, project: Path) -> Plan:
    """A plan whose every field holds the text; its only program is one of ours, which writes down what it is given."""

    def call(verb: str) -> Command:
        return Command(("spy", verb, text, f"--name={text}", f"-{text}"), variables=("SPIED",))

    target = Target(text, text, text, text, text, False, (text,), {text: text})
    source = Release(text, version=text, description=text)
    move = Move(target, source, Release(text, text, artifact=text), "app.one")
    lines = (Line(text.strip(), "there", "app.one"),)
    step = Step(
        "app.one",
        text,
        call("do"),
        Probe(call("proof"), text.strip()),
        Undo(text, call("undo"), Probe(call("unproof"), text.strip())),
        deadline=5,
    )
    component = Component(
        "app",
        f"platforms/{text}",
        moves=(move,),
        guards=(Guard("app.one", text, call("guard"), lines),),
        locks=(Lock("app.lock", text, call("take"), call("release")),),
        steps=(step, replace(step, id="app.two", undo=None, irreversible=True)),
    )
    return replace(
        world.plan_of(component),
        environment=text,
        project=str(project),
        findings=(Finding("warning", text, text, text), Finding("blocker", text, text)),
        created_at=text,
    )


SPY = r"""printf '%s\0' "$@" >>"$HOME/spied"
[ "$1" != guard ] || printf '%s\n' "$2"
[ "$1" != do ] || : >"$HOME/did"
[ "$1" != proof ] || { [ ! -e "$HOME/did" ] || printf '%s\n' "$2"; }"""


@pytest.mark.programs
@quick
@given(hostile)
@example("'; touch PWNED; '")
@example("$(touch PWNED)`touch PWNED`\ntouch PWNED\n")
@example('"; touch PWNED #')
@example("-rf")
@example("\\'; touch PWNED; \\'")
def test_no_value_ever_becomes_code_and_every_argument_arrives_as_it_is(
    world: World, text: str
) -> None:
    world.tool("spy", SPY)
    for name in ("spied", "did"):
        (world.home / name).unlink(missing_ok=True)
    world.save(everywhere(world, text, world.project))
    for word in ("--list", "--help", "--dry-run", "--where"):
        world.do("execute", "", word)
        world.do("restore", "", word)
    if text.split("\n")[0].strip() == text.strip():  # a guard's value is its first line
        exit, said = world.do()
        assert exit == 0, said
        assert (world.home / "did").exists()
    assert not list(world.root.rglob("*PWNED*"))
    spied = (world.home / "spied").read_bytes().decode(errors="surrogateescape").split("\0")[:-1]
    calls = [tuple(spied[at : at + 4]) for at in range(0, len(spied), 4)]
    assert {call[1:] for call in calls} == {(text, f"--name={text}", f"-{text}")}


@pytest.mark.programs
@quick
@given(names)
def test_a_project_may_be_called_anything(world: World, name: str) -> None:
    import shutil

    world.project = world.root / "in" / name
    shutil.rmtree(world.root / "in", ignore_errors=True)
    world.project.mkdir(parents=True)
    world.save(world.plan("a"))
    exit, said = world.do()
    assert exit == 0 and world.release("a") == "v1", said
    assert world.do("restore")[0] == 0 and world.release("a") == "v2"
    assert not [path for path in world.root.rglob("*") if path.name == "PWNED"]


def test_a_value_with_a_nul_byte_is_refused(world: World) -> None:
    with pytest.raises(Blocked):
        render.text(world.plan(environment="a\0b"), world.project, FORWARD)


@pytest.mark.parametrize(
    "id", ["", "A", "app.a b", "app.a/b", "app.a\n", "app.$(x)", "other.a", "appa"]
)
def test_a_step_id_is_its_component_and_a_few_characters(world: World, id: str) -> None:
    with pytest.raises(Blocked):
        render.text(world.plan("a", steps=[world.step("a", id=id)]), world.project, FORWARD)


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A=B", "A\nB"])
def test_a_variable_is_only_a_name(world: World, name: str) -> None:
    with pytest.raises(Blocked):
        render.text(
            world.plan("a", steps=[world.step("a", do=Command(("true",), variables=(name,)))]),
            world.project,
            FORWARD,
        )


def test_tools_stand_on_top_by_absolute_path(world: World) -> None:
    docker = world.tool("docker", "")
    text = render.text(
        world.plan("a", steps=[world.step("a", do=Command(("docker", "compose", "up")))]),
        world.project,
        FORWARD,
    )
    assert f"DOCKER={docker}\n" in text and 'do_app__a__switch() { "$DOCKER" compose up; }' in text


def test_a_missing_tool_is_told_before_anything_is_written(world: World) -> None:
    with pytest.raises(Unreadable, match="no-such-tool is not on PATH"):
        render.scripts(
            world.plan("a", steps=[world.step("a", do=Command(("no-such-tool",)))]),
            world.project,
        )
    assert not list(world.project.glob("*.sh"))


@pytest.mark.parametrize("here", [True, False])
def test_a_missing_tool_names_the_command_of_another_that_is_here(world: World, here: bool) -> None:
    world.tool("heroku" if here else "other", "")
    change = Command(("no-such-tool",), by_hand="heroku rollback v4 --app shop")
    with pytest.raises(Unreadable) as raised:
        render.scripts(world.plan("a", steps=[world.step("a", do=change)]), world.project)
    assert raised.value.code == "tool-missing"
    assert ("by hand, unproven: heroku rollback v4 --app shop" in raised.value.fix) is here


def test_tools_never_take_the_name_of_another_variable(world: World) -> None:
    one = tools.Tools(world.project)
    (world.root / "other").mkdir()
    for name in ("run", "bash", "path", "7z", "docker-compose", "docker_compose", "serving"):
        world.tool(name, "")
    words = [
        one.words(Command((name,)))[0]
        for name in (
            "run",
            "bash",
            "path",
            "7z",
            "docker-compose",
            "docker_compose",
            "serving",
        )
    ]
    assert words[:4] == ['"$TOOL_RUN"', '"$TOOL_BASH"', '"$TOOL_PATH"', '"$TOOL_7Z"']
    assert words[4:] == ['"$DOCKER_COMPOSE"', '"$DOCKER_COMPOSE_2"', "serving"]


def test_steps_that_cannot_be_taken_back_are_named_in_restore(world: World) -> None:
    step = world.step("a", undo=None, irreversible=True, title="Purge the queue")
    assert "irreversible, not undone: Purge the queue" in render.text(
        world.plan("a", steps=[step]), world.project, REVERSE
    )
    assert "irreversible: Purge the queue" in render.text(
        world.plan("a", steps=[step]), world.project, FORWARD
    )


@pytest.mark.programs
@given(st.lists(hostile | st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
@example(PIECES)
@example(["\n. ./runner.sh\n", "a\x011", "\x7f0"])
@settings(max_examples=50, deadline=None)
def test_a_quoted_value_is_one_word_on_one_line(values: list[str]) -> None:
    quoted = [str(templating.quote(value)) for value in values]
    assert not [line for line in quoted if "\n" in line]
    script = f"printf '%s\\0' {' '.join(quoted)} ''"
    done = subprocess.run(["bash", "-c", script], capture_output=True)
    assert done.stdout.split(b"\0")[:-2] == [value.encode() for value in values]


def test_lines_are_short_where_words_are(world: World) -> None:
    hash = "sha256:" + 64 * "a"
    moves = tuple(f"app.service-{number}" for number in range(30))
    lines = tuple(Line(hash, hash, move) for move in moves)
    guard = Guard("app.images", "the images", Command(("true",)), lines)
    step = world.step("a", moves=moves, do=Command(("echo", *moves)))
    text = render.text(with_app(world.plan("a", steps=[step]), guards=(guard,)), world.run, FORWARD)
    assert max(map(len, text.splitlines())) <= 160


def test_the_head_shows_images_where_the_releases_name_them(world: World) -> None:
    (move,) = world.plan("a").moves
    images = {"web": "shop:v2", "proxy": "envoy:1"}
    current = replace(move.current, artifact="6d4f", images=images)
    to = replace(move.to, artifact="88c1", images={**images, "web": "shop:v1"})
    (row,) = header.moves(with_moves(world, replace(move, current=current, to=to)), FORWARD)
    assert row["details"] == ["from shop:v2 to shop:v1"]
    same = replace(to, images=images)
    (row,) = header.moves(with_moves(world, replace(move, current=current, to=same)), FORWARD)
    assert row["details"] == ["the same images: shop:v2, envoy:1"]


def test_an_artifact_that_is_the_release_itself_is_not_named_twice(world: World) -> None:
    (move,) = world.plan("a").moves
    current, to = (replace(row, artifact=row.id) for row in (move.current, move.to))
    (row,) = header.moves(with_moves(world, replace(move, current=current, to=to)), FORWARD)
    assert row["details"] == []


def with_moves(world: World, move: Move) -> Plan:
    return world.plan_of(replace(world.component("app"), moves=(move,)))
