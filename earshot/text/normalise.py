"""The normaliser behind every word error rate that Earshot or the book states.

Four rules and no more: case, punctuation, hyphens, numerals. Abbreviations,
spelling variants and fillers stay as they are and count as errors, so a rate
made with it is an upper bound beside those that use a longer list.
"""

from __future__ import annotations

import re
import unicodedata

BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES, TENS = BELOW_TWENTY.split(), FROM_TWENTY.split()
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LONGEST = 12  # digits; a longer number is read digit by digit

APOSTROPHES = re.compile("[’‘ʼ`´]")
NUMBER = re.compile(r"([0-9]+(?:,[0-9]{3})*)(?:\.([0-9]+))?(st|nd|rd|th)?(?![0-9])")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


# --8<-- [start:normalise]
def normalise(text: str) -> list[str]:
    """The words of `text`, as they are compared.

    Case is folded; whatever is neither letter, digit nor an apostrophe inside
    a word parts words, hyphens too; numerals are read out in English. Years
    and telephone numbers are read like any number: 1984 is "one thousand nine
    hundred eighty four".
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    text = NUMBER.sub(lambda found: f" {read_out(*found.groups())} ", text)
    return WORD.findall(APOSTROPHES.sub("'", text))


# --8<-- [end:normalise]
def read_out(whole: str, fraction: str | None, ending: str | None) -> str:
    """A numeral in words, with its decimal places and its ordinal ending."""
    words = _whole(whole.replace(",", ""))
    if fraction:
        words += ["point", *_digits(fraction)]
    if ending:
        words[-1] = ordinal(words[-1])
    return " ".join(words)


def cardinal(number: int) -> list[str]:
    """0 ≤ `number` < 10¹² in words: 405 is "four hundred five"."""
    for size, name in SCALES:
        if number >= size:
            rest = cardinal(number % size) if number % size else []
            return [*cardinal(number // size), name, *rest]
    if number < len(ONES):
        return [ONES[number]]
    tens = TENS[number // 10 - 2]
    return [tens, ONES[number % 10]] if number % 10 else [tens]


def ordinal(word: str) -> str:
    """The last word of a cardinal, as an ordinal: "twenty" is "twentieth"."""
    if word in ORDINALS:
        return ORDINALS[word]
    return f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"


def _whole(digits: str) -> list[str]:
    if len(digits) > LONGEST or (digits.startswith("0") and len(digits) > 1):
        return _digits(digits)
    return cardinal(int(digits))


def _digits(digits: str) -> list[str]:
    return [ONES[int(digit)] for digit in digits]
