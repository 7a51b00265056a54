"""The parts of the PDF writer: pages, matter around them, fonts, cover, tags.

WeasyPrint tries the names that its seven libraries have on other systems first, and
Python starts the compiler to look for each (0.2 s). Linux's own names, which it
tries last, need no search.
"""

import sys
from contextlib import nullcontext
from unittest import mock

_unsearched = mock.patch("ctypes.util.find_library", return_value=None)
with _unsearched if sys.platform == "linux" else nullcontext():
    import weasyprint  # noqa: F401
