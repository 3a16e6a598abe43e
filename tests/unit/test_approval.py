"""A Yes as a file: bound, used once, private, gone after 15 minutes."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rollback.approval import agent, approvals, phrases, private
from rollback.errors import ApprovalNeeded

DIGEST = "d" * 64


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def run(project: Path) -> Path:
    (project / "state").mkdir()
    for name in (*approvals.COVERED, "journal.jsonl"):
        (project / name).write_text(name)
    (project / "state" / "x").write_text("1")
    return project


def on_file(project: Path) -> list[Path]:
    return list((private.state_folder(project) / "approvals").glob("*"))


def test_an_approval_opens_what_it_was_given_for(project: Path) -> None:
    nonce = approvals.mint(project, DIGEST, "execute")
    approvals.verify(project, nonce, DIGEST, "execute")


@pytest.mark.parametrize(
    "asked", [("x" * 64, "execute"), (DIGEST, "restore"), (DIGEST, ""), ("", "execute")]
)
def test_and_nothing_else(project: Path, asked: tuple[str, str]) -> None:
    nonce = approvals.mint(project, DIGEST, "execute")
    with pytest.raises(ApprovalNeeded) as error:
        approvals.verify(project, nonce, *asked)
    assert (error.value.code, error.value.exit_code) == ("approval-invalid", 4)


def test_an_approval_is_of_one_project(project: Path, tmp_path: Path) -> None:
    nonce = approvals.mint(project, DIGEST, "execute")
    with pytest.raises(ApprovalNeeded):
        approvals.verify(tmp_path, nonce, DIGEST, "execute")


def test_a_clients_approval_is_exchanged_once_and_only_below_that_client(project: Path) -> None:
    client = agent.asking_client()
    foreign = approvals.mint(project, DIGEST, "execute", f"{client}0")
    with pytest.raises(ApprovalNeeded) as error:
        approvals.redeem(project, foreign, DIGEST, "execute")
    assert error.value.code == "approval-foreign"
    asked = approvals.mint(project, DIGEST, "execute", client)
    redeemed = approvals.redeem(project, asked, DIGEST, "execute")
    approvals.verify(project, redeemed, DIGEST, "execute")
    with pytest.raises(ApprovalNeeded, match="not on file"):
        approvals.redeem(project, asked, DIGEST, "execute")


@pytest.mark.parametrize("nonce", ["", "x", "../../etc/passwd", "a\nb", "0" * 32, "é"])
def test_a_made_up_nonce_opens_nothing(project: Path, nonce: str) -> None:
    approvals.mint(project, DIGEST, "execute")
    with pytest.raises(ApprovalNeeded):
        approvals.verify(project, nonce, DIGEST, "execute")


@pytest.mark.parametrize(
    "content",
    ["", "\n", "\0", *(f"{DIGEST} execute{more}\n" for more in ("", " soon", " -1", " 9 9"))],
)
def test_a_damaged_approval_opens_nothing(project: Path, content: str) -> None:
    nonce = approvals.mint(project, DIGEST, "execute")
    on_file(project)[0].write_text(content)
    with pytest.raises(ApprovalNeeded):
        approvals.verify(project, nonce, DIGEST, "execute")


def test_it_is_gone_after_fifteen_minutes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = approvals.mint(project, DIGEST, "execute")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 899)
    approvals.verify(project, nonce, DIGEST, "execute")
    monkeypatch.setattr(time, "time", lambda: now + 902)
    with pytest.raises(ApprovalNeeded) as error:
        approvals.verify(project, nonce, DIGEST, "execute")
    assert error.value.code == "approval-expired"


def test_revoking_leaves_nothing_on_file(project: Path) -> None:
    nonces = [approvals.mint(project, DIGEST, verb) for verb in approvals.VERBS]
    private.revoke_all(project)
    assert on_file(project) == []
    for nonce, verb in zip(nonces, approvals.VERBS, strict=True):
        with pytest.raises(ApprovalNeeded):
            approvals.verify(project, nonce, DIGEST, verb)


def test_what_lies_on_file_is_private_and_is_not_the_key(project: Path) -> None:
    nonce = approvals.mint(project, DIGEST, "execute")
    path = on_file(project)[0]
    assert nonce not in path.name and nonce not in path.read_text()
    assert [
        stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)
    ] == [0o600, 0o700, 0o700]


def test_the_digest_covers_plan_scripts_questions_and_payloads_and_nothing_else(run: Path) -> None:
    digest = approvals.digest(run)
    (run / "journal.jsonl").write_text("changed")
    (run / "rollback.log").write_text("new")
    assert approvals.digest(run) == digest
    assert len(approvals.COVERED) == 6
    for name in (*approvals.COVERED, "state/x"):
        before = (run / name).read_bytes()
        (run / name).write_bytes(before + b" ")
        assert approvals.digest(run) != digest, name
        (run / name).write_bytes(before)
    (run / "state" / "y").write_text("")
    assert approvals.digest(run) != digest


def test_two_payloads_cannot_trade_places(run: Path) -> None:
    (run / "state" / "y").write_text("2")
    digest = approvals.digest(run)
    (run / "state" / "y").write_text("1")
    (run / "state" / "x").write_text("2")
    assert approvals.digest(run) != digest


@pytest.mark.programs
def test_the_digest_is_what_sha256sum_computes(run: Path) -> None:
    files = "plan.json rollback.sh restore.sh runner.sh question.execute.txt question.restore.txt"
    payloads = "find state -type f -exec sha256sum {} +"
    lines = f'cd "$1" && {{ sha256sum {files}; {payloads}; }} | LC_ALL=C sort | sha256sum'
    assert subprocess.check_output(["sh", "-c", lines, "sh", run], text=True).split()[
        0
    ] == approvals.digest(run)


def test_a_link_in_the_run_folder_cannot_be_approved(run: Path) -> None:
    (run / "state" / "x").rename(run / "elsewhere")
    (run / "state" / "x").symlink_to(run / "elsewhere")
    with pytest.raises(ApprovalNeeded, match="not a regular file"):
        approvals.digest(run)


@pytest.mark.parametrize("elsewhere", ["elsewhere", "."])
def test_payloads_behind_a_link_cannot_be_approved(run: Path, elsewhere: str) -> None:
    (run / "state").rename(run / "elsewhere")
    (run / "state").symlink_to(elsewhere)
    with pytest.raises(ApprovalNeeded, match=r"'state' in .* is not a regular file"):
        approvals.digest(run)


def test_a_question_is_what_a_plan_writes(run: Path) -> None:
    long = "ROLL BACK demo\n" + "shop: 3 -> 2\n" * 100
    for text in ("", "ROLL BACK demo\n\tshop: 3 → 2", long):
        assert approvals.question(
            {"question.restore.txt": text.encode()}, "restore"
        ) == text.removesuffix("\n")


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"a\0b", b"\x1b[2Jshop: 3 -> 2", b"a\rb", "3 -> \u202e2".encode(), b"x" * 10_001],
)
def test_no_question_hides_or_outgrows_what_a_person_reads(run: Path, content: bytes) -> None:
    (run / "question.execute.txt").write_bytes(content)
    with pytest.raises(ApprovalNeeded, match=r"question\.execute\.txt is not a question") as error:
        approvals.question(approvals.contents(run), "execute")
    assert error.value.code == "run-tampered"


def test_an_incomplete_run_folder_cannot_be_approved(run: Path) -> None:
    (run / "restore.sh").unlink()
    with pytest.raises(ApprovalNeeded) as error:
        approvals.digest(run)
    assert error.value.code == "run-incomplete"


def test_a_typed_phrase_holds_for_its_session_and_digest_until_forgotten(project: Path) -> None:
    phrases.record(project, "s1", DIGEST, "checkout fails")
    assert (
        phrases.given(project, "s1", DIGEST)
        and phrases.reason(project, "s1", DIGEST) == "checkout fails"
    )
    assert not phrases.given(project, "s2", DIGEST) and not phrases.given(project, "s1", "x" * 64)
    assert phrases.reason(project, "s2", DIGEST) == ""
    phrases.forget(project)
    assert not phrases.given(project, "s1", DIGEST)


def test_a_typed_phrase_is_gone_after_fifteen_minutes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrases.record(project, "s1", DIGEST)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 902)
    assert not phrases.given(project, "s1", DIGEST)


@pytest.mark.programs
def test_approving_needs_the_standard_library_only() -> None:
    packages = ("msgspec", "click", "yaml", "jinja2", "httpx")
    code = f"from rollback.approval import agent, hook; import sys; print([m for m in {packages} if m in sys.modules])"
    scripts = Path(approvals.__file__).parents[2]
    start = f"import sys; sys.path.insert(0, {str(scripts)!r}); {code}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", start], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
