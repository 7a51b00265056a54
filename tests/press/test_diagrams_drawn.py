"""The whole chain, from a source to drawings, with Chromium and Mermaid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from press import diagrams
from press.findings import PressError
from press.theme import Theme

ROOT = Path(__file__).parents[2]
FLOW = """\
%% title: Speech & words
flowchart LR
  a["Caller → server"]:::client -- "20 ms" --> b{{"Speech?"}}
  b -. no .-> c[("Store")]:::store
"""
SEQUENCE = """\
%% title: A call
sequenceDiagram
  autonumber
  A->>B: audio
  loop each step
    B-->>A: words
  end
"""

pytestmark = pytest.mark.external


@pytest.fixture
def theme() -> Theme:
    return Theme.load(ROOT / "theme")


def book(folder: Path, **sources: str) -> Path:
    """A book of diagrams."""
    (folder / "diagrams").mkdir(parents=True)
    for name, text in sources.items():
        (folder / "diagrams" / f"{name}.mmd").write_text(text, encoding="utf-8")
    return folder


def drawn(folder: Path) -> dict[str, bytes]:
    found = (folder / "diagrams").rglob("*.svg")
    return {path.name: path.read_bytes() for path in found}


def test_two_sessions_draw_the_same_bytes(tmp_path: Path, theme: Theme):
    one = book(tmp_path / "one", flow=FLOW, sequence=SEQUENCE)
    told: list[str] = []
    assert diagrams.render(one, theme, report=told.append) == ["flow", "sequence"]
    assert told == ["flow", "sequence"]
    assert list(diagrams.check(one, theme)) == []
    two = book(tmp_path / "two", sequence=SEQUENCE)  # whatever came before it
    diagrams.render(two, theme, report=told.append)
    assert drawn(two).items() <= drawn(one).items()
    light = drawn(one)["flow.light.svg"].decode()
    lines = light.splitlines()
    assert lines[1] == "<title>Speech &amp; words</title>"
    assert lines[2].endswith(f'fill="{theme.palette["light"]["paper"]}"/>')
    assert ">Caller → server</text>" in light


def test_a_syntax_error_is_located_and_harms_nothing(tmp_path: Path, theme: Theme):
    root = book(tmp_path / "book", flow=FLOW, sequence=SEQUENCE)
    diagrams.render(root, theme, report=[].append)
    before, lock = drawn(root), root / "diagrams/rendered.lock.json"
    kept = json.loads(lock.read_text())["flow"]
    bad = FLOW.replace("%% title", "\n%% title") + "  c -> d[\n"
    (root / "diagrams/flow.mmd").write_text(bad, encoding="utf-8")
    (root / "diagrams/sequence.mmd").write_text(SEQUENCE + "  A->>B: bye\n", "utf-8")
    with pytest.raises(PressError) as caught:
        diagrams.render(root, theme, report=[].append)
    (found,) = caught.value.findings
    assert (found.path.name, found.line, found.code) == ("flow.mmd", 6, "diagram-error")
    after = drawn(root)
    assert after["flow.light.svg"] == before["flow.light.svg"]
    assert after["sequence.light.svg"] != before["sequence.light.svg"]
    assert json.loads(lock.read_text())["flow"] == kept
