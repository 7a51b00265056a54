"""Stable words are never taken back, whatever is heard next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from hypothesis import example, given
from hypothesis import strategies as st

from earshot.inference.agreement import Agreement, key, rest

spoken = st.sampled_from(
    ["the", "The", "the,", "no", "no.", "No!", "north", "…", ".", "?!", '"no."', "é"]
)
texts = st.lists(spoken, max_size=6).map(" ".join)
anything = st.text(st.sampled_from("aB.,!? …é\n\u2003'"), max_size=12)
hypotheses = st.lists(st.one_of(texts, texts, anything), max_size=8)
hearings = st.lists(
    st.tuples(st.one_of(texts, texts, anything), st.integers(0, 9)), max_size=8
)
FAR = 1_000_000
word_lists = st.lists(st.sampled_from("aabc"), max_size=6)


def heard(texts: Sequence[str]) -> Agreement:
    agreement = Agreement(0, FAR)
    for end, text in enumerate(texts, 1):
        agreement.hear(text, end)
    return agreement


def stables(texts: Sequence[str]) -> Iterator[str]:
    """What is stable after each hearing."""
    agreement = Agreement(0, FAR)
    for end, text in enumerate(texts, 1):
        agreement.hear(text, end)
        yield agreement.stable


def distance(left: Sequence[str], right: Sequence[str]) -> int:
    """How many edits make one of the other, tried out one word a time."""
    if not left or not right:
        return len(left) + len(right)
    if left[0] == right[0]:
        return distance(left[1:], right[1:])
    return 1 + min(
        distance(left[1:], right),
        distance(left, right[1:]),
        distance(left[1:], right[1:]),
    )


@given(hypotheses, anything)
@example(["no,", "no,", "no."], "no! the")
@example(["… .", "… .", "! the", "! the"], "")
def test_stable_text_only_grows_and_the_final_begins_with_it(
    texts: list[str], last: str
) -> None:
    agreement, before = Agreement(0, FAR), ""
    for end, text in enumerate(texts, 1):
        agreement.hear(text, end)
        assert agreement.stable.startswith(before)
        before = agreement.stable
    assert agreement.finish(last).startswith(before)


@given(hearings)
def test_stable_words_lie_in_audio_that_was_heard_twice(
    hearings: list[tuple[str, int]],
) -> None:
    start = before = 100
    agreement = Agreement(start, FAR)
    ends = list(accumulate((step for _, step in hearings), initial=start))
    for number, (text, _) in enumerate(hearings):
        was = agreement.stable
        agreement.hear(text, ends[number + 1])
        assert before <= agreement.stable_end <= ends[number + 1]
        if agreement.stable != was and key(agreement.stable) != key(was):
            assert agreement.stable_end == ends[number]
        before = agreement.stable_end


@given(hypotheses, texts)
def test_what_is_heard_twice_in_a_row_is_stable(texts: list[str], text: str) -> None:
    agreement = heard([*texts, text, text])
    assert agreement.unstable == ""
    assert agreement.finish(text).rstrip(".,;:!?… ") == agreement.stable


@given(texts)
def test_one_hearing_makes_nothing_stable(text: str) -> None:
    agreement = heard([text])
    assert (agreement.stable, agreement.stable_end) == ("", 0)
    assert agreement.unstable == agreement.finish(text) == text


@given(texts, texts)
def test_what_two_hearings_begin_with_is_stable(first: str, second: str) -> None:
    agreement = heard([first, second])
    agreed = 0
    for one, other in zip(first.split(), second.split(), strict=False):
        if key(one) != key(other):
            break
        agreed += 1
    words = second.split()
    assert agreement.stable == " ".join(words[:agreed]).rstrip(".,;:!?… ")
    assert agreement.unstable == " ".join(words[agreed:])


@given(word_lists, word_lists)
@example(["a"], ["a", "a"])
@example(["a", "b"], [])
@example(["a", "b", "c"], ["a", "x", "b", "c"])
def test_the_cut_is_where_an_oracle_would_cut(
    stable: list[str], words: list[str]
) -> None:
    costs = [distance(stable, words[:at]) for at in range(len(words) + 1)]
    least = [at for at, cost in enumerate(costs) if cost == min(costs)]
    nearest = min(abs(at - len(stable)) for at in least)
    assert rest(stable, words) in least
    assert abs(rest(stable, words) - len(stable)) == nearest


@given(hypotheses, st.integers(0, 8))
def test_no_word_is_stable_that_may_be_cut_off(texts: list[str], safe: int) -> None:
    agreement = Agreement(0, safe)
    for end, text in enumerate(texts, 1):
        before = agreement.stable
        agreement.hear(text, end)
        assert agreement.stable_end <= safe
        if end > safe + 1:
            assert agreement.stable == before


def test_words_beyond_the_safe_part_stay_open_until_the_end() -> None:
    agreement = Agreement(0, 2)
    for end, text in enumerate(["so", "so he", "so he had", "so he had"], 1):
        agreement.hear(text, end)
    assert (agreement.stable, agreement.stable_end) == ("so he", 2)
    assert agreement.unstable == "had"
    assert agreement.finish("so he has") == "so he has"


def test_growing_speech_becomes_stable_word_by_word() -> None:
    texts = [
        "And",
        "and Mr. Dash",
        "And Mr. Dashwood had",
        "And Mr. Dashwood had then leisure.",
        "And Mr. Dashwood had then leisure to",
    ]
    assert list(stables(texts)) == [
        "",
        "and",
        "and Mr",
        "and Mr. Dashwood had",
        "and Mr. Dashwood had then leisure",
    ]
    assert heard(texts).finish("And Mr. Dashwood had then leisure to consider.") == (
        "and Mr. Dashwood had then leisure to consider."
    )


def test_a_word_that_was_stable_stays_when_it_is_heard_otherwise() -> None:
    agreement = heard(["the whether is", "the whether is", "the weather is fine today"])
    assert agreement.stable == "the whether is"
    assert agreement.unstable == "fine today"
    assert agreement.finish("the weather is fine") == "the whether is fine"


def test_a_word_that_drops_out_of_the_front_is_said_once() -> None:
    agreement = heard(["so he had more", "so he had more", "he had more to say"])
    assert agreement.stable == "so he had more"
    assert agreement.unstable == "to say"


def test_repeated_words_are_counted() -> None:
    agreement = heard(["no no", "no no", "no no no"])
    assert (agreement.stable, agreement.unstable) == ("no no", "no")


def test_the_mark_behind_the_last_stable_word_may_still_change() -> None:
    agreement = heard(["Yes.", "Yes."])
    assert agreement.stable == "Yes"
    assert agreement.finish("Yes, but no.") == "Yes, but no."
    assert agreement.finish("Yes") == "Yes"


def test_case_and_marks_are_no_disagreement() -> None:
    agreement = heard(["He said. Then", "he said, then left"])
    assert agreement.stable == "he said, then"
    assert agreement.unstable == "left"


def test_nothing_heard_last_takes_no_stable_word_back() -> None:
    assert heard(["one two", "one two three", ""]).finish("") == "one two"


def test_the_key_of_a_word_has_only_its_letters() -> None:
    assert key("Don’t,") == key("dont") == "dont"
    assert key("…") == "…"
    assert key("STRASSE") == key("Straße")
