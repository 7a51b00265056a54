"""The evidence ledger: every quantity of the book and how it is known.

A fact is *measured* or *derived* (its value is read from an experiment's
`data.json`), *cited* (a bibliography key with a locator) or *assumed*.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import MAX_PREC, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from press.data import Record, load_mapping
from press.findings import Finding, PressError

KINDS = ("measured", "derived", "cited", "assumed")
NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")
UNPARTED = re.compile(r"\d{4}")  # thousands without a comma
HALF_UP = Context(prec=MAX_PREC, rounding=ROUND_HALF_UP)
LONGEST_SYMBOL = 3  # letters; longer units are words and have a singular
MOST_DIGITS = 12
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Fact:
    """One entry of the ledger. `value` is a number or, rarely, words."""

    id: str
    value: Decimal | str
    unit: str
    kind: str
    conditions: str
    as_of: datetime.date | None
    review_by: datetime.date | None
    source: str
    cite: str
    locator: str
    rationale: str
    checked: datetime.date | None
    verdict: str
    digits: int | None
    line: int

    @property
    def shown(self) -> str:
        """Value and unit as printed, with a no-break space between."""
        return with_unit(self.number, self.unit)

    @property
    def number(self) -> str:
        """The value as printed, without its unit."""
        if isinstance(self.value, str):
            return self.value
        value = self.value
        if self.digits is not None:
            value = round_half_up(value, self.digits)
        text = f"{value:,f}"
        return text.replace("-", "−")

    def fits(self, text: str) -> bool:
        """Whether `text` is what the fact prints or has its value, rounded half up."""
        number = self.number_in(text)
        if number is None:
            return text == self.shown
        given = Decimal(number.replace(",", "").replace("−", "-"))
        return any(
            given == round_half_up(self.value, digits) for digits in _precisions(number)
        )

    def number_in(self, text: str) -> str | None:
        """The first number in `text`, which stands for the value, as it is written.

        A word behind it must be the unit (or its singular), and a value in words
        has no number: `None`.
        """
        match = NUMBER.search(text)
        if isinstance(self.value, str) or match is None:
            return None
        given_unit = text[match.end() :].strip()
        unit = with_unit("", self.unit).removeprefix("$").strip()
        singular = unit.removesuffix("s") if len(unit) > LONGEST_SYMBOL else unit
        return match[0] if given_unit in ("", unit, singular) else None

    def written_like(self, number: str) -> str:
        """The value, rounded half up and written as `number` is.

        A whole number stays whole, as if every nought at its end were meant; any
        other keeps its significant digits, and so does one that would become 0.
        """
        digits = 0
        if self.value and ("." in number or not round_half_up(self.value, 0)):
            digits = _decimals(self.value, _significant(number))
        rounded = round_half_up(self.value, digits)
        text = f"{rounded:{'' if UNPARTED.search(number) else ','}f}"
        return text if number.startswith("-") else text.replace("-", "−")


def _significant(number: str) -> int:
    """How many significant digits a written number has, at least one."""
    digits = re.sub(r"\D", "", number).lstrip("0")
    return max(1, len(digits))


def _decimals(value: Decimal, significant: int) -> int:
    """The decimals that `value` has when rounded to so many significant digits."""
    digits = significant - 1 - value.adjusted()
    if round_half_up(value, digits).adjusted() > value.adjusted():  # 9.97 → 10.0
        digits -= 1
    return max(0, digits)


def _precisions(text: str) -> list[int]:
    """The decimals a written number may have been rounded to."""
    if "." in text:
        return [len(text.split(".")[1])]
    digits = text.replace(",", "").lstrip("-−")
    zeros = len(digits) - len(digits.rstrip("0"))
    return [-power for power in range(zeros + 1)]


def round_half_up(value: Decimal, digits: int) -> Decimal:
    """`value` rounded half up to `digits` decimals (negative: tens, hundreds)."""
    quantum = Decimal(1).scaleb(-digits)
    rounded = value.quantize(quantum, context=HALF_UP)
    whole = rounded.quantize(Decimal(1), context=HALF_UP) if digits <= 0 else rounded
    return whole or abs(whole)  # no minus before nought


def with_unit(number: str, unit: str) -> str:
    """A number with its unit: "26.5 ms", "12%", "$0.39/h"."""
    if not unit:
        return number
    if unit.startswith("$"):
        return f"${number}{unit[1:]}"
    if unit.startswith("%"):
        return f"{number}{unit}"
    return f"{number}{NO_BREAK_SPACE}{unit}"


def load(path: Path, root: Path) -> dict[str, Fact]:
    """Read the ledger; raises `PressError` with every entry that is unusable."""
    facts: dict[str, Fact] = {}
    found: list[Finding] = []
    for name, record in load_mapping(path).items():
        try:
            facts[name] = _fact(name, record, path, root)
        except PressError as error:
            found += error.findings
    if found:
        raise PressError(*found)
    return facts


def _fact(name: str, record: Record, path: Path, root: Path) -> Fact:
    given = record.value

    def wrong(message: str, fix: str) -> PressError:
        return PressError(
            Finding(path, record.line, "fact", f"“{name}” {message}", fix)
        )

    if not isinstance(given, dict):
        raise wrong("is no mapping", "give it kind, unit and value")
    kind = given.get("kind")
    needs = {
        "measured": ("source",),
        "derived": ("source",),
        "cited": ("cite", "locator", "value"),
        "assumed": ("rationale", "value"),
    }
    if kind not in needs:
        raise wrong(f"has the kind “{kind}”", f"use one of {', '.join(KINDS)}")
    for key in needs[kind]:
        if given.get(key) in (None, ""):
            raise wrong(f"is {kind} but has no `{key}`", "add it")
    value = given.get("value")
    if kind in ("measured", "derived"):
        if value is not None:
            raise wrong(f"is {kind} and types its value", "delete `value`")
        value = _measured(str(given["source"]), root, wrong)
    return Fact(
        id=name,
        value=_value(value, wrong),
        unit=str(given.get("unit") or ""),
        kind=kind,
        conditions=str(given.get("conditions") or ""),
        as_of=_date(given.get("as_of"), wrong),
        review_by=_date(given.get("review_by"), wrong),
        source=str(given.get("source") or ""),
        cite=str(given.get("cite") or ""),
        locator=str(given.get("locator") or ""),
        rationale=str(given.get("rationale") or ""),
        checked=_date(given.get("checked"), wrong),
        verdict=str(given.get("verdict") or ""),
        digits=_digits(given.get("digits"), wrong),
        line=record.line,
    )


def _value(value: Any, wrong) -> Decimal | str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise wrong(f"has the value “{value}”", "give it a number or words")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise wrong(f"has the value “{value}”", "give it a number that can be printed")
    return number


def _digits(value: Any, wrong) -> int | None:
    if value is None or (type(value) is int and 0 <= value <= MOST_DIGITS):
        return value
    raise wrong(f"has “{value}” where decimals belong", f"write 0 to {MOST_DIGITS}")


def _date(value: Any, wrong) -> datetime.date | None:
    if value is None or type(value) is datetime.date:
        return value
    raise wrong(f"has “{value}” where a date belongs", "write it as 2026-11-23")


def _measured(source: str, root: Path, wrong) -> Any:
    """The value that `experiments/name#dotted.path` points to."""
    folder, _, dotted = source.partition("#")
    path = (root / folder / "data.json").resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise wrong(
            f"reads {folder}/data.json, which is not there",
            f"run {folder}/run.py or mend `source`",
        )
    try:
        value: Any = _data(path, path.stat().st_mtime_ns)["values"]
    except (ValueError, KeyError, TypeError):
        raise wrong(
            f"reads {folder}/data.json, which holds no `values`", "run it again"
        ) from None
    for key in dotted.split("."):
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise wrong(f"finds no “{dotted}” in {folder}/data.json", "mend `source`")
    return value


@lru_cache(maxsize=256)
def _data(path: Path, mtime: int) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def expired(
    facts: dict[str, Fact], path: Path, today: datetime.date
) -> Iterator[Finding]:
    """Facts whose review date has passed on `today`."""
    for fact in facts.values():
        if fact.review_by and fact.review_by < today:
            yield Finding(
                path,
                fact.line,
                "fact-expired",
                f"“{fact.id}” was to be reviewed by {fact.review_by}",
                "check its source again and move the date",
            )
