"""Which functions a script holds: those that its commands call, with what they call in turn, and no others."""

from __future__ import annotations

import re

import pytest
from scripted import World, world

from rollback.errors import Unreadable
from rollback.model import FORWARD, Command
from rollback.script import functions, render

__all__ = ["world"]

FILE = """# About the file.
# shellcheck shell=bash

# A comment above.
first() { # beside
  second "$1" | awk '{ third() }' # fourth does not count
  "$DOCKER" ps "${KUBECTL}" $HOME
  OUTPUT=x sh -c "$(fifth)" "$OUTPUT"
}

second() { echo "it's"; } # one line
third() {
  while read -r x; do echo "$x"; done
}
"""


def test_a_file_is_read_function_by_function_with_the_comments_above() -> None:
    found = functions.parse(FILE)
    assert list(found) == ["first", "second", "third"]
    assert found["first"].text.startswith("# A comment above.\nfirst() { # beside\n")
    assert found["second"].text == 'second() { echo "it\'s"; } # one line'
    assert found["third"].text.endswith("done\n}")


def test_what_a_function_calls_stands_in_its_code_not_in_strings_of_awk_or_comments() -> None:
    first = functions.parse(FILE)["first"]
    assert {"second", "fifth"} <= first.calls()
    assert not {"third", "fourth", "beside"} & first.calls()


def test_the_command_of_a_trap_is_a_call() -> None:
    text = "first() {\n  trap 'clean_up \"$folder\"' EXIT # later\n  trap - TERM\n}\n"
    assert "clean_up" in functions.parse(text)["first"].calls()


def test_a_program_is_a_variable_that_a_function_reads_and_does_not_set() -> None:
    assert functions.parse(FILE)["first"].variables() == {"DOCKER", "KUBECTL", "HOME"}


def names(*words: str) -> list[str]:
    return [function.name for function in functions.called_by(words)]


CODE = """f() {
  if one; then two; elif three || four; then five; else six; fi
  while ! seven && { eight | nine; }; do ten >x; done; x=$(eleven "$(twelve)")
  case $x in a) thirteen ;; esac; (fourteen) & until fifteen; do :; done
  declare -f sixteen; [ "$x" = 1 ] || seventeen
  get no no-no "$(echo no)" && no=1 echo no.no -no
}
"""


def test_calls_are_seen_wherever_a_command_may_begin() -> None:
    numbers = "one two three four five six seven eight nine ten eleven twelve thirteen"
    calls = functions.parse(CODE)["f"].calls()
    assert {*numbers.split(), "fourteen", "fifteen", "sixteen", "seventeen"} <= calls
    assert "no" not in calls


def test_what_a_called_function_calls_comes_along() -> None:
    called = {*names("take_leases")}
    assert {"lease", "lease_rows", "take_over", "give_up", "release_leases"} < called
    assert {
        "refuse_changed_release",
        "refuse_foreign_objects",
        "refuse_gone_kinds",
        "refuse",
        "get_existing",
        "revision_content",
        "helm_at",
        "kubectl_at",
    } == {*names("roll_back")} - {"roll_back"}
    assert names("release_leases") == ["kubectl_at", "release_leases"]
    assert names("compose_up", "shop", "docker") == ["compose_up", "compose"]
    assert names("docker", "ps") == []


def script(world: World, *argv: str) -> str:
    step = world.step("a", do=Command(argv))
    return render.text(world.plan("a", steps=[step]), world.project, FORWARD)


def defined(text: str) -> list[str]:
    return re.findall(r"^(\w+)\(\)", text, re.MULTILINE)


def test_a_script_defines_only_what_it_calls(world: World) -> None:
    own = ["guard_app__a", "do_app__a__switch", "prove_app__a__switch"]
    assert defined(script(world, "true")) == own
    assert defined(script(world, "remote", "web1", "serving", "/srv/shop")) == [
        *own,
        "serving",
        "remote",
        "quoted",
    ]


def test_functions_of_a_library_are_named_by_their_file_and_rendered_nowhere(world: World) -> None:
    kubectl = world.tool("kubectl", "")
    text = script(world, "take_leases", "--names", "rollback-web")
    assert defined(text)[3:] == ["kubectl_at"], "what the library calls of the adapter's functions"
    assert "\nlibrary lease.sh\n" in text and f"\nKUBECTL={kubectl}\n" in text
    assert "\nlibrary " not in script(world, "true")


def test_an_argument_of_a_program_is_no_call(world: World) -> None:
    assert "serving" not in defined(script(world, "echo", "serving"))


def test_the_programs_of_a_function_stand_on_top_by_absolute_path(world: World) -> None:
    docker = world.tool("docker", "")
    assert f"\nDOCKER={docker}\n" in script(world, "images", "shop")


def test_a_function_whose_program_is_missing_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Unreadable, match="helm is not on PATH"):
        script(world, "helm_at", "context", "namespace")
