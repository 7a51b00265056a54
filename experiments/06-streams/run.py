"""Measure recognisers alone and streams that share a core: `earshot bench`, kept.

Run by hand on a quiet machine of two cores, as
`.venv/bin/python experiments/06-streams/run.py`: about 20 minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from earshot.bench.suite import Suite, run

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import record  # noqa: E402


def main() -> None:
    """Run the suite and write `data.json`."""
    suite = Suite()
    found = run(suite, lambda what: print(what, flush=True))
    record.write(HERE / "data.json", {"seconds": suite.seconds, **found})


if __name__ == "__main__":
    main()
