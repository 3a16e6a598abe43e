"""Values never become code: hostile text in every field, under real bash."""

from __future__ import annotations

import shlex
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scripted import World, world

from rollback.errors import Blocked, Unreadable
from rollback.model import Command, Finding, Guard, Move, Plan, Probe, Release, Step, Target, Undo
from rollback.script import render, templating, tools

__all__ = ["world"]
ATTACK = "touch PWNED"
PIECES = [
    "'", '"', "`touch PWNED`", "$(touch PWNED)", "${IFS}", "; touch PWNED", "\ntouch PWNED\n", "\\", "\r", "--", "-rf", "#", "!", "&", "|", "*", "~",
    "{{ 7*7 }}", "{% raw %}", "}", "EOF", "\x1b[31m", "\u202e", "é", " ", "\t", "%s", "$'\\n'", "a=b", "done", "]]", ")", "<(touch PWNED)",
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
    base = world.plan()

    def call(verb: str) -> Command:
        return Command(("spy", verb, text, f"--name={text}", f"-{text}"), variables=("SPIED",))

    target = Target(text, text, text, text, False, {text: text})
    move = Move(
        target, Release(text, version=text, description=text), Release(text, text, artifact=text)
    )
    guards = (Guard(text, call("guard"), (text.strip(),), ("there",), (0,)),)
    step = Step(
        "one",
        text,
        call("do"),
        Probe(call("proof"), text.strip()),
        Undo(call("undo"), Probe(call("unproof"), text.strip())),
        deadline=5,
    )
    findings = (Finding("warning", text, text, text), Finding("blocker", text, text))
    plain = {
        "platform": text,
        "environment": text,
        "project": str(project),
        "findings": findings,
        "created_at": text,
    }
    return replace(
        base,
        moves=(move,),
        guards=guards,
        steps=(step, replace(step, id="two", undo=None, irreversible=True)),
        **plain,
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
        render.text(world.plan(environment="a\0b"), world.project, "execute")


@pytest.mark.parametrize("id", ["", "A", "a b", "a/b", "a\n", "$(x)"])
def test_a_step_id_is_made_of_few_characters(world: World, id: str) -> None:
    with pytest.raises(Blocked):
        render.text(world.plan("a", steps=[world.step("a", 0, id=id)]), world.project, "execute")


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A=B", "A\nB"])
def test_a_variable_is_only_a_name(world: World, name: str) -> None:
    with pytest.raises(Blocked):
        render.text(
            world.plan("a", steps=[world.step("a", 0, do=Command(("true",), variables=(name,)))]),
            world.project,
            "execute",
        )


def test_tools_stand_on_top_by_absolute_path(world: World) -> None:
    docker = world.tool("docker", "")
    text = render.text(
        world.plan("a", steps=[world.step("a", 0, do=Command(("docker", "compose", "up")))]),
        world.project,
        "execute",
    )
    assert f"readonly DOCKER={docker}\n" in text and 'do_1() { "$DOCKER" compose up; }' in text


def test_a_missing_tool_is_told_before_anything_is_written(world: World) -> None:
    with pytest.raises(Unreadable, match="no-such-tool is not on PATH"):
        render.scripts(
            world.plan("a", steps=[world.step("a", 0, do=Command(("no-such-tool",)))]),
            world.project,
        )
    assert not list(world.project.glob("*.sh"))


def test_tools_never_take_the_name_of_another_variable(world: World) -> None:
    one = tools.Tools(world.project, frozenset({"own_function"}))
    (world.root / "other").mkdir()
    for name in ("run", "bash", "path", "7z", "docker-compose", "docker_compose", "own_function"):
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
            "own_function",
        )
    ]
    assert words[:4] == ['"$TOOL_RUN"', '"$TOOL_BASH"', '"$TOOL_PATH"', '"$TOOL_7Z"']
    assert words[4:] == ['"$DOCKER_COMPOSE"', '"$DOCKER_COMPOSE_2"', "own_function"]


def test_steps_that_cannot_be_taken_back_are_named_in_restore(world: World) -> None:
    step = world.step("a", 0, undo=None, irreversible=True, title="Purge the queue")
    assert "irreversible, not taken back: Purge the queue" in render.text(
        world.plan("a", steps=[step]), world.project, "restore"
    )
    assert "irreversible: Purge the queue" in render.text(
        world.plan("a", steps=[step]), world.project, "execute"
    )


def test_quoting_agrees_with_the_shell() -> None:
    assert [str(templating.quote(piece)) for piece in PIECES] == [
        shlex.quote(piece) for piece in PIECES
    ]
    assert str(templating.quote(["a b", "c"])) == "'a b' c"
