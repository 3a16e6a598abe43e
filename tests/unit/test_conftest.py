"""The fence around unit tests holds: without its marker a test can neither start a program nor connect."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest


def test_a_unit_test_cannot_start_a_program():
    with pytest.raises(AssertionError, match="mark the test `programs`"):
        subprocess.run([sys.executable, "-c", ""])
    with pytest.raises(AssertionError, match="programs"):
        os.system("true")


def test_a_unit_test_cannot_connect_or_look_up_a_name():
    with socket.socket() as plain, pytest.raises(AssertionError, match="mark the test `network`"):
        plain.connect(("127.0.0.1", 9))
    with pytest.raises(AssertionError, match="network"):
        socket.getaddrinfo("example.com", 80)


def test_a_recorded_reply_needs_no_marker(fp):
    fp.register(["kubectl", "version"], stdout="v1")
    assert (
        subprocess.run(["kubectl", "version"], capture_output=True, text=True).stdout.strip()
        == "v1"
    )


@pytest.mark.programs
def test_a_marked_test_may_start_a_program():
    assert (
        subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout
        == "1\n"
    )
