"""Transcripts are compared by four rules, and their differences are all named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.text.errors import WordErrors, compare, count, total
from earshot.text.normalise import cardinal, normalise

WORDS = st.lists(st.sampled_from("abcd"), max_size=8)
BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
VALUES = {word: value for value, word in enumerate(BELOW_TWENTY.split())}
VALUES |= {word: 10 * tens for tens, word in enumerate(FROM_TWENTY.split(), 2)}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


def number(words: list[str]) -> int:
    """The number that a cardinal says: the way back, written another way."""
    whole = part = 0
    for word in words:
        if word == "hundred":
            part *= 100
        elif word in SCALES:
            whole, part = whole + part * SCALES[word], 0
        else:
            part += VALUES[word]
    return whole + part


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("He was NOT, then, ill-disposed!", "he was not then ill disposed"),
        ("“Don’t” — o'clock; 'tis", "don't o'clock tis"),
        ("well—being under_scored", "well being under scored"),
        ("Straße ﬁne café", "strasse fine café"),
        ("42 of 1,024", "forty two of one thousand twenty four"),
        ("3.05 per cent", "three point zero five per cent"),
        (
            "the 1st, 2nd, 12th, 20th, 101st",
            "the first second twelfth twentieth one hundred first",
        ),
        ("in 1984", "in one thousand nine hundred eighty four"),
        ("agent 007", "agent zero zero seven"),
        ("16kHz", "sixteen khz"),
        ("1,2,3", "one two three"),
        ("v1.2.3", "v one point two three"),
        (
            "4592 1000000000000",
            "four thousand five hundred ninety two one" + " zero" * 12,
        ),
        ("…", ""),
    ],
)
def test_case_punctuation_hyphens_and_numerals(text: str, words: str) -> None:
    assert normalise(text) == words.split()


@given(st.integers(0, 10**12 - 1))
def test_a_number_is_read_out_as_what_it_is(value: int) -> None:
    assert number(cardinal(value)) == value
    assert normalise(f"{value:,}") == normalise(str(value)) == cardinal(value)


def test_a_number_of_any_length_can_be_read_out() -> None:
    assert normalise("9" * 5000) == ["nine"] * 5000


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    words = normalise(text)
    assert normalise(" ".join(words)) == words


@given(st.text())
def test_nothing_is_left_but_words_and_inner_apostrophes(text: str) -> None:
    for word in normalise(text):
        assert word
        assert word.replace("'", "").isalnum()
        assert not word.startswith("'")
        assert not word.endswith("'")


@pytest.mark.parametrize(
    ("said", "heard", "substitutions", "deletions", "insertions"),
    [
        ("he was a young man", "he was a young man", 0, 0, 0),
        ("Mister John", "Mr. John", 1, 0, 0),
        ("cold hearted", "cold-hearted", 0, 0, 0),
        ("a more amiable woman", "a more a amiable woman", 0, 0, 1),
        ("he might even have", "he might have", 0, 1, 0),
        ("", "you", 0, 0, 1),
        ("twenty one", "21", 0, 0, 0),
    ],
)
def test_errors_are_counted_by_kind(
    said: str, heard: str, substitutions: int, deletions: int, insertions: int
) -> None:
    errors = count(said, heard)
    assert errors.substitutions == substitutions
    assert errors.deletions == deletions
    assert errors.insertions == insertions
    assert errors.total == substitutions + deletions + insertions


def test_each_difference_is_named_in_order() -> None:
    errors = count("had he married a woman", "he Mary'd a kind woman")
    assert errors.differences == (
        ("had", None),
        ("married", "mary'd"),
        (None, "kind"),
    )


def test_the_rate_counts_words_of_the_reference() -> None:
    assert count("one two three four", "one two three").rate == 0.25
    assert count("", "").rate == 0
    assert count("", "you").rate == 1
    assert count("a", "b c d").rate == 3


def test_errors_of_many_texts_add() -> None:
    whole = total([count("a b", "a"), count("c d e", "c d e f")])
    assert whole == WordErrors(5, (("b", None), (None, "f")))
    assert whole.rate == 0.4


@given(WORDS, WORDS)
def test_the_distance_is_a_metric(a: list[str], b: list[str]) -> None:
    errors, back = compare(a, b), compare(b, a)
    assert (errors.total == 0) == (a == b)
    assert errors.total == back.total
    assert abs(len(a) - len(b)) <= errors.total <= max(len(a), len(b))
    assert len(a) - errors.deletions + errors.insertions == len(b)


@given(WORDS, WORDS, WORDS)
def test_a_detour_is_never_shorter(a: list[str], b: list[str], c: list[str]) -> None:
    assert compare(a, c).total <= compare(a, b).total + compare(b, c).total


@given(WORDS, WORDS, WORDS)
def test_what_is_equal_at_the_ends_costs_nothing(
    a: list[str], b: list[str], ends: list[str]
) -> None:
    assert compare(ends + a + ends, ends + b + ends).total <= compare(a, b).total
