"""Put the tables of measurements into `earshot/README.md`, from their data.

Run as `.venv/bin/python experiments/tables.py`; a test compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "earshot" / "README.md"
Data = dict[str, Any]


def engines(values: Data) -> str:
    """Recognisers alone."""
    rows = [
        (
            row["model"],
            f"{row['word_errors']} of {row['words']}",
            f"{row['cpu_per_audio_s']:.3f}",
            f"{row['load_cpu_s']:.2f}",
            ", ".join(row["differences"]),
        )
        for row in values["engines"]
    ]
    head = ("model", "word errors", "CPU s per audio s", "load, CPU s", "which words")
    return table(head, rows, "lrrrl")


def streams(values: Data) -> str:
    """Streams that share a core, by policy."""
    head = (
        *("policy", "streams", "", "partials/s", "first stable word"),
        *("partial", "final", "rewrites/word", "CPU s/stream-s", "MB"),
    )
    ordered = sorted(values["streams"], key=_place)
    return table(head, [_stream(row) for row in ordered], "lrlrrrrrrr")


def _place(row: Data) -> tuple[str, int, str]:
    return row["policy"], row["streams"], row["way"]


def _stream(row: Data) -> tuple[str, ...]:
    return (
        row["policy"],
        str(row["streams"]),
        row["way"],
        f"{row['partials_per_speech_s']:.2f}",
        spread(row["first_stable_s"]),
        spread(row["partial_delay_s"]),
        spread(row["final_delay_s"]),
        f"{row['flicker']:.2f}",
        f"{row['cpu_per_stream_s']:.3f}",
        f"{row['memory_mb']:.0f}" if "memory_mb" in row else "",
    )


def connections(values: Data) -> str:
    """Many connections without a recogniser."""
    overall, server = values["overall"], values["server"]
    before, *minutes = server["memory_by_minute_mb"]
    head = (
        *("connections", "minutes", "transport delay", "client late"),
        *("CPU s/stream-s", "MB before", "MB by the minute"),
    )
    row = (
        str(values["streams"]),
        f"{overall['audio_s'] / values['streams'] / 60:.1f}",
        spread(overall["transport_delay_s"], 3),
        spread(overall["late_s"], 3),
        f"{server['cpu_per_stream_s']:.4f}",
        f"{before:.0f}",
        ", ".join(f"{memory:.0f}" for memory in minutes),
    )
    return table(head, [row], "rrrrrrl")


def peers(values: Data) -> str:
    """Open servers beside Earshot: one stream at a time, then crowds."""
    head = (
        *("server, model", "streams", "errors", "first word", "last word"),
        *("rewrites", "CPU s/stream-s", "MB", "installed MB"),
    )
    rows = [
        _peer(f"{server}, {model.replace('_', '-')}", streams, row, parts["installed"])
        for server, parts in values["servers"].items()
        for model, found in parts.items()
        if model != "installed"
        for streams, row in ({"1": found["one"]} | found["crowds"]).items()
    ]
    return table(head, rows, "lrrrrrrrr")


def _peer(name: str, streams: str, row: Data, installed: Data) -> tuple[str, ...]:
    served = row["streams"] - row["refused"]
    if not served:
        return name, streams, *["refused"] * 6, f"{installed['mb']}"
    return (
        name,
        streams if not row["refused"] else f"{served} of {streams}",
        f"{row['errors']} of {row['words']}",
        worst(row["first_s"]),
        worst(row["last_s"]),
        str(row["rewrites"]),
        f"{row['cpu_per_stream_s']:.2f}",
        f"{row['rss_mb']}",
        f"{installed['mb']}",
    )


def worst(values: Data | None) -> str:
    """Median and worst."""
    return f"{values['median']:.1f} / {values['worst']:.1f}" if values else "–"


def spread(values: Data | None, digits: int = 2) -> str:
    """Median and 95th percentile."""
    if values is None:
        return "–"
    return f"{values['p50']:.{digits}f} / {values['p95']:.{digits}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """A pipe table; `align` has l or r for each column."""
    rule = ["--:" if side == "r" else "---" for side in align]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


TABLES: dict[str, tuple[str, Callable[[Data], str]]] = {
    "engines": ("06-streams", engines),
    "streams": ("06-streams", streams),
    "connections": ("06-connections", connections),
    "peers": ("06-peers", peers),
}


def filled(text: str) -> str:
    """A page whose marked tables are those of the present data, with its date."""
    for name, (folder, make) in TABLES.items():
        data = json.loads((HERE / folder / "data.json").read_text(encoding="utf-8"))
        where = data["environment"]
        source = (
            f"Measured on {data['date']}, {where['cpus']} cores of {where['cpu']}, "
            f"Python {where['python']}; `experiments/{folder}`."
        )
        block = f"<!-- {name} -->\n{make(data['values'])}\n\n{source}\n<!-- end -->"
        pattern = re.compile(rf"<!-- {name} -->.*?<!-- end -->", re.DOTALL)
        text = pattern.sub(lambda _, block=block: block, text)
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
