"""The same folder as a plugin: it validates, loads, and asks exactly once, however it was installed."""

import shutil
import subprocess

EXECUTE = [{"bash": "{next}"}, "done"]


def moved_out(world, tmp_path):
    """The folder, no longer among the skills."""
    return shutil.move(world.skill, tmp_path / "elsewhere")


def plugin(world, *words):
    """`claude plugin ...` in the private HOME."""
    quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    environment = {"HOME": str(world.home), "PATH": "/usr/local/bin:/usr/bin:/bin", **quiet}
    return subprocess.run(
        [world.program, "plugin", *words],
        env=environment,
        cwd=world.project,
        capture_output=True,
        text=True,
    )


def test_the_folder_is_a_valid_plugin_and_marketplace(either):
    done = plugin(either, "validate", str(either.skill), "--strict")
    assert done.returncode == 0, done.stdout


def test_a_folder_given_by_plugin_dir_asks_once_by_either_name(either, tmp_path):
    folder = moved_out(either, tmp_path)
    for name, live in (
        ("deployment-rollback", "2"),
        ("deployment-rollback:deployment-rollback", "1"),
    ):
        seen = either.run(
            EXECUTE, f"/{name} demo previous", person="yes", flags=("--plugin-dir", str(folder))
        )
        assert (either.live, len(seen.asked), len(seen.requests)) == (live, 1, 2), seen.results


def test_a_plugin_from_the_marketplace_asks_once(either, tmp_path):
    folder = moved_out(either, tmp_path)
    for words in (
        ("marketplace", "add", str(folder)),
        ("install", "deployment-rollback@deployment-rollback"),
    ):
        done = plugin(either, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    seen = either.run(EXECUTE, person="yes")
    assert (either.live, len(seen.asked), len(seen.requests)) == ("2", 1, 2), seen.results
