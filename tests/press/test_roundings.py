"""Typed numbers whose facts have moved: found, rounded again and written."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from press import apparatus, checks, facts, roundings
from press.apparatus import Apparatus
from press.book import Page
from press.cli import main
from press.facts import Fact
from press.source import scan

PAGE = "manuscript/01-queues/01-waiting.md"
VALUES = st.decimals(-(10**9), 10**9, places=6)
WHOLE = st.integers(0, 10**7).map("{:,}".format)
FRACTIONS = st.decimals(0, 10**5, places=3).map(str)
TYPED = st.tuples(st.sampled_from(["", "−", "-"]), st.one_of(WHOLE, FRACTIONS))
UNITS = st.sampled_from(["", "ms", "%", "$/h", "points", "file operations"])


@pytest.fixture(scope="module")
def some(known: Apparatus) -> Fact:
    """A fact to be given other values."""
    return known.facts["mean-wait"]


def moved(fact: Fact, value: Decimal, unit: str = "ms") -> Fact:
    """The fact after another measurement."""
    return dataclasses.replace(fact, value=value, unit=unit)


# -- how a value is written ----------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "value", "written"),
    [
        ("738", "742.31", "742"),
        ("800", "743.2", "743"),
        ("4", "12.4", "12"),
        ("27", "103.7", "104"),
        ("9", "9.97", "10"),
        ("738", "1012.4", "1,012"),
        ("1,181", "989.7", "990"),
        ("1181", "12345", "12345"),
        ("0.48", "0.513", "0.51"),
        ("0.0088", "0.01214", "0.012"),
        ("9.5", "10.44", "10"),
        ("9.5", "9.97", "10"),
        ("0.98", "0.997", "1.0"),
        ("85.0", "84.96", "85.0"),
        ("2.5", "1234.5", "1,235"),
        ("4", "0.43", "0.4"),
        ("12", "0.0456", "0.046"),
        ("0.48", "0", "0"),
        ("12", "0", "0"),
        ("−5", "-6.2", "−6"),
        ("-5", "-6.2", "-6"),
        ("5", "-6.2", "−6"),
    ],
)
def test_a_value_is_written_as_the_number_was(some, number, value, written):
    assert moved(some, Decimal(value)).written_like(number) == written


@given(VALUES, TYPED)
def test_what_is_written_is_a_rounding_of_the_value(some, value, typed):
    number = "".join(typed)
    fact = moved(some, value)
    written = fact.written_like(number)
    assert fact.fits(written)
    assert fact.written_like(written) == written
    assert facts.NUMBER.fullmatch(written)


@given(VALUES, FRACTIONS)
def test_no_digit_is_won_and_none_lost_before_the_point(some, value, number):
    """A number with decimals keeps its precision, down to the ones."""
    written = moved(some, value).written_like(number)
    step = Decimal(1).scaleb(-len(written.partition(".")[2]))
    assert abs(Decimal(written.replace(",", "").replace("−", "-")) - value) * 2 <= step
    if "." in written:
        assert facts._significant(written) == facts._significant(number)


def test_a_number_of_any_length_is_compared(some):
    assert moved(some, Decimal("26.5")).fits("26.5" + "0" * 60)
    assert not moved(some, Decimal("26.5")).fits("26.4" + "9" * 60)


# -- pages ---------------------------------------------------------------------------


def page_of(text: str) -> Page:
    """A page with this text."""
    return Page(Path("p.md"), "p.md", "section", text, {})


PIECES = st.sampled_from(
    [
        *("[12](fact:f)", "[about 12\nms](fact:f)", "[0.5 ms](fact:f)", "[](fact:f)"),
        *("[twelve](fact:f)", "[12 hours](fact:f)", "[`7` 12](fact:f)", "[9](fact:g)"),
        *("\\[12](fact:f)", "![12](fact:f)", "[12](term:f)", "12", "[see 12](fact:f)"),
        *("`", "\n```\n", "<!--", "-->", " ", "\n\n", "---\n", "[", "](", "é"),
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join), VALUES)
def test_mended_text_passes_and_nothing_else_changes(some, text, value):
    ledger = {"f": moved(some, value)}
    page = page_of(text)
    found = list(roundings.stale(page, ledger))
    out = roundings.mended(page, [one for one in found if one.old])
    left = list(roundings.stale(page_of(out), ledger))
    assert [one.mark.text for one in left] == [
        one.mark.text for one in found if not one.old
    ]
    before, after = scan(text), scan(out)
    assert [m.target for m in after.marks] == [m.target for m in before.marks]
    assert [m.line for m in after.marks] == [m.line for m in before.marks]
    assert [fence.body for fence in after.fences] == [f.body for f in before.fences]


@given(VALUES, UNITS, st.integers(0, 4))
def test_what_a_fact_prints_is_mended_with_its_unit(some, value, unit, digits):
    old = dataclasses.replace(some, value=value, unit=unit, digits=digits)
    new = moved(some, value * 3 + 1, unit)
    for found in roundings.stale(page_of(f"[{old.shown}](fact:f)"), {"f": new}):
        assert new.fits(found.fresh)
        assert found.fresh.startswith(unit[:1] if unit == "$/h" else "")
        assert found.fresh.endswith(unit.removeprefix("$"))


# -- the book ------------------------------------------------------------------------


def measure_again(book: Path, mean: float) -> None:
    """Let the experiment have another result."""
    path = book / "experiments/queue/data.json"
    record = json.loads(path.read_text())
    record["values"]["wait"]["mean"] = mean
    path.write_text(json.dumps(record))


def press(*arguments: object):
    return CliRunner().invoke(main, ["facts", *map(str, arguments)])


def test_nothing_is_said_of_a_book_that_is_right(copied):
    result = press("--root", copied)
    assert (result.exit_code, result.output) == (0, "")


def test_stale_numbers_are_told_and_left(copied):
    before = (copied / PAGE).read_bytes()
    measure_again(copied, 14.08)
    result = press("--root", copied)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{PAGE}:3: “about 13 min” is no rounding of 14.08")
    assert "write “about 14 min” or [](fact:mean-wait)" in result.stderr
    assert (copied / PAGE).read_bytes() == before


def test_written_numbers_are_listed_and_pass_the_check(copied):
    before = (copied / PAGE).read_text()
    measure_again(copied, 14.08)
    result = press("--root", copied, "--write")
    assert result.exit_code == 0
    assert result.stdout == f"{PAGE}:3: about 13 min → about 14 min\n"
    assert (copied / PAGE).read_text() == before.replace("about 13 min", "about 14 min")
    assert checks.run(apparatus.load(copied)) == []


def test_words_for_a_number_are_left_to_the_author(copied):
    page = copied / PAGE
    page.write_text(page.read_text() + "\n[A dozen](fact:mean-wait) and a half.\n")
    measure_again(copied, 14.08)
    result = press("--root", copied, "--write")
    assert result.exit_code == 1
    assert "“A dozen” is no rounding of 14.08" in result.stderr
    assert "about 14 min" in page.read_text()
    assert "[A dozen](fact:mean-wait)" in page.read_text()


def test_a_ledger_that_cannot_be_read_is_a_finding(copied):
    (copied / "experiments/queue/data.json").unlink()
    result = press("--root", copied, "--write")
    assert result.exit_code == 1
    assert "manuscript/facts.yml:2: " in result.stderr
