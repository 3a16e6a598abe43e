"""A reader that leaves early changes neither what is done nor how it ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from records import ROOT

CODE = """
import sys
from rollback import cli
from rollback.errors import Blocked
for _ in range(3): cli.say("working")
print("went on", file=open(sys.argv[1], "w"))
cli.show({}, False, lambda: ["x"])
cli.fail(Blocked("blocked", "something is in the way", "look"), as_json=len(sys.argv) > 2)
"""


@pytest.mark.programs
@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_work_goes_on_and_the_exit_code_holds_when_nobody_reads(
    tmp_path: os.PathLike[str], extra: list[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/scripts:{ROOT}"}
    words = [sys.executable, "-c", CODE, f"{tmp_path}/mark", *extra]
    done = subprocess.run(words, env=environment, stdout=writer, stderr=writer)
    os.close(writer)
    assert done.returncode == 6
    assert os.path.exists(f"{tmp_path}/mark")
