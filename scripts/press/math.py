"""Formulas: TeX to MathML for site and EPUB, to SVG for the PDF."""

from __future__ import annotations

import html
import re
import warnings
from functools import lru_cache
from itertools import accumulate

import latex2mathml.converter

UNKNOWN = re.compile(r"<m[io][^>]*>\\[A-Za-z]+</m[io]>")

BRACE = {sign: re.compile(rf"(?<!\\){sign}") for sign in ("{", "}")}
LEVEL = re.compile(r"(?P<down>(?<!\\)\{|\\left\b)|(?<!\\)\}|\\right\b")
DEEPEST = 8  # each further level doubles ziamath's time


class FormulaError(ValueError):
    """A formula that can't be set; the message says why."""


@lru_cache(maxsize=4096)
def mathml(tex: str, display: bool = False) -> str:
    """The formula as a `<math>` element that keeps its TeX in `alttext`.

    Raises `FormulaError` for bad syntax and for commands that are not known
    (the converter passes those through as text).
    """
    if len(BRACE["{"].findall(tex)) != len(BRACE["}"].findall(tex)):
        raise FormulaError("has unbalanced braces")
    if _depth(tex) > DEEPEST:
        raise FormulaError(f"has more than {DEEPEST} levels")
    mode = "block" if display else "inline"
    try:
        out = latex2mathml.converter.convert(tex, display=mode)
    except Exception as error:  # the converter raises what it likes
        raise FormulaError(f"can't be set ({type(error).__name__})") from None
    unknown = UNKNOWN.search(out)
    if unknown:
        name = re.sub(r"<[^>]+>", "", unknown[0])
        raise FormulaError(f"has an unknown command {name}")
    return out.replace("<math ", f'<math alttext="{html.escape(tex)}" ', 1)


def _depth(tex: str) -> int:
    """How many groups stand in one another where that is most."""
    steps = (1 if level["down"] else -1 for level in LEVEL.finditer(tex))
    return max(accumulate(steps), default=0)


@lru_cache(maxsize=4096)
def svg(tex: str, size: float, display: bool = False) -> tuple[str, float]:
    """The formula as SVG text at `size` px, and its depth below the baseline."""
    with warnings.catch_warnings():
        # ziamath finds its own font by a call that Python 3.11 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath

    formula = ziamath.Latex(tex, size=size, inline=not display)
    return formula.svg(), -float(formula.getyofst())
