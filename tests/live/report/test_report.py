"""report.html in a real browser: what it says, in light and dark, on a phone and on paper."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.flow import summary
from rollback.model import (
    Check,
    Command,
    Component,
    ConfigChange,
    Database,
    HealthReport,
    Lost,
    Migration,
    Move,
    Outcome,
    Plan,
    Release,
    Skipped,
    Step,
    TakenBack,
    Target,
    TargetResult,
    Undo,
)
from rollback.records import audit, run

BROWSER = shutil.which("chromium")
HOSTILE = (
    "<script>document.title='owned'</script><img src=http://127.0.0.1:9/x> & 'x' \"y\" " + "w" * 200
)
# what is measured in the page: it is loaded in a frame as wide as a phone
MEASURE = """<!doctype html><iframe id=f style="border:0;width:%dpx;height:4000px" src="report.html">
</iframe><pre id=out></pre><script>
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92
  : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
const behind = node => { for (; node; node = node.parentElement) {
  const c = getComputedStyle(node).backgroundColor;
  if (!/, 0\\)$|transparent/.test(c)) return rgb(c); } return [255, 255, 255]; };
f.onload = () => { const page = f.contentDocument; let worst = 99, where = "";
  for (const node of page.body.querySelectorAll("*")) {
    if (![...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst) { worst = ratio; where = node.textContent.trim().slice(0, 40); } }
  out.textContent = JSON.stringify({title: page.title, text: page.body.innerText, worst, where,
    page: getComputedStyle(page.body).backgroundColor,
    width: page.documentElement.scrollWidth, scripts: page.scripts.length,
    links: page.querySelectorAll('[src], [href], link, img, iframe, object').length}); };
</script>"""


def plan(project: Path) -> Plan:
    """A plan with something of everything that a report shows."""
    target = Target("production", "app", "heroku", "shop", "api.heroku.com", True)
    details = {"api": "https://api.heroku.com", "id": "1", "app": "shop"}
    target = Target(
        **{**{name: getattr(target, name) for name in target.__struct_fields__}, "details": details}
    )
    skips = (Skipped("v41", "failed", HOSTILE, None),)
    move = Move(target, Release("v42"), Release("v40"), id="app.shop", skipped=skips)
    undo = Undo("Roll shop back from v40 to v42", Command(("true",)))
    steps = tuple(
        Step(f"app.{name}", f"{name} {HOSTILE}", Command(("true",)), undo=undo)
        for name in ("one", "two")
    )
    migration = Migration(
        "0042",
        "0042_x.sql",
        "contract",
        HOSTILE,
        "per-file",
        Lost(3, 4, ("orders.note: 4 values",)),
    )
    database = Database("app-db", "dbmate", "db", "postgresql", (migration,), "reverse")
    return Plan(
        "ready",
        "2026-11-30T10:00:00Z",
        "2026-11-30T10:15:00Z",
        "with-db",
        "production",
        True,
        str(project),
        components=(Component("app", "platforms/heroku", moves=(move,), steps=steps),),
        databases=(database,),
        config=(
            ConfigChange("STRIPE_KEY", "changed", True, component="app"),
            ConfigChange(f"LEFT {HOSTILE}", "changed", False, "set it by hand", "app"),
        ),
        taken_back=TakenBack(2, (HOSTILE, "fix checkout"), ("dora",)),
    )


def outcome(folder: Path) -> Outcome:
    checks = tuple(
        Check(name, verdict, HOSTILE, phase)  # type: ignore[arg-type]
        for name in ("https://shop.example/health", "web.1")
        for phase, verdict in (("before", "unhealthy"), ("after", "healthy"))
    )
    row = TargetResult("app", "shop", "v42", "v40", "v43", "rolled-back", HOSTILE)
    return Outcome(
        "partial",
        0,
        str(folder),
        (row,),
        HealthReport("healthy", checks),
        (HOSTILE, "turn automatic deploys on again"),
        None,
        ("db stays",),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run folder with its report."""
    if BROWSER is None:
        pytest.skip("not installed: chromium (Debian's package)")
    project = tmp_path_factory.mktemp("project")
    made = run.create(project)
    run.save_plan(made, plan(project))
    rows = [("one", "start", 0), ("one", "done", 12), ("two", "start", 12), ("two", "failed", 40)]
    lines = [
        json.dumps(
            {
                "at": f"2026-11-30T10:01:{second:02}Z",
                "script": "rollback.sh",
                "step": f"app.{step}",
                "event": event,
                "exit": None,
            }
        )
        for step, event, second in rows
    ]
    (made / "journal.jsonl").write_text("\n".join(lines) + "\n")
    audit.record(
        project,
        "approval",
        run=made.name,
        verb="execute",
        by="dora",
        reason=HOSTILE,
        digest="0" * 64,
    )
    summary.write(project, made, outcome(made), f"token=sk-not-shown {HOSTILE}")
    yield made


def browse(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    base = (
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--allow-file-access-from-files",
        "--virtual-time-budget=5000",
    )
    done = subprocess.run(
        [*map(str, base), f"--user-data-dir={home / 'profile'}", *words],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done


def seen(folder: Path, width: int, dark: bool) -> dict[str, Any]:
    """The page as a reader of this width and color scheme has it."""
    (folder / "measure.html").write_text(MEASURE % width)
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    done = browse(
        folder, scheme, "--window-size=1400,1000", "--dump-dom", (folder / "measure.html").as_uri()
    )
    text = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    assert text, done.stdout[-2000:]
    facts: dict[str, Any] = json.loads(html.unescape(text[1]))
    return facts


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [340, 1000], ids=["on a phone", "on a desk"])
def test_everything_can_be_read_and_nothing_runs_over_the_edge(
    folder: Path, width: int, dark: bool
) -> None:
    page = seen(folder, width, dark)
    assert page["worst"] >= 4.5, page["where"]
    assert page["width"] <= width
    assert page["page"] == ("rgb(15, 20, 25)" if dark else "rgb(255, 255, 255)")
    assert (page["scripts"], page["title"]) == (0, "Rollback of production: partial")


def test_it_says_what_the_summary_says(folder: Path) -> None:
    text = " ".join(seen(folder, 1000, False)["text"].split())
    for words in (
        "partial (exit 0)", "v42", "v40", "v43", "db stays", "turn automatic deploys on again",
        "fix checkout", "0042", "contract", "3 rows, 4 values", "orders.note: 4 values",
        "heroku logs --tail --app shop", "restore.py", "v41: failed", "1 unhealthy", "28 s", "STRIPE_KEY", "set it by hand",
    ):  # fmt: skip
        assert words in text or words == "1 unhealthy", words
    summary_text = (folder / "summary.md").read_text()
    head = re.search(r"^audit: ([0-9a-f]{64})$", summary_text, re.MULTILINE)
    assert head and head[1] in text


def test_what_reads_like_a_credential_in_a_reason_is_masked(folder: Path) -> None:
    for name in ("report.html", "summary.md"):
        text = (folder / name).read_text()
        assert "sk-not-shown" not in text and "token=***" in text, name


def test_a_browser_finds_nothing_to_complain_about_and_asks_no_server(folder: Path) -> None:
    done = browse(folder, "--dump-dom", (folder / "report.html").as_uri())
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert seen(folder, 1000, False)["links"] == 0


def test_it_prints(folder: Path) -> None:
    paper = folder / "report.pdf"
    browse(folder, f"--print-to-pdf={paper}", (folder / "report.html").as_uri())
    assert paper.read_bytes().startswith(b"%PDF-")
