"""Measure 200 paced connections for ten minutes, with a recogniser that is none.

What is left is transport, decoding and the VAD. Run by hand on a quiet machine
of two cores, as `.venv/bin/python experiments/06-connections/run.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from earshot.bench.live import connections

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import record  # noqa: E402

STREAMS, SECONDS = 200, 600.0


def main() -> None:
    """Run the load and write `data.json`."""
    report = connections(STREAMS, SECONDS)
    del report["each"]
    record.write(HERE / "data.json", report)


if __name__ == "__main__":
    main()
