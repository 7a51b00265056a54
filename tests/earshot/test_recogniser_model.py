"""Real weights on real speech: how many words are wrong, and in whose company."""

from __future__ import annotations

import itertools
import json
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner

from earshot.audio.formats import RATE
from earshot.bench.clips import clips
from earshot.cli import main
from earshot.inference import files
from earshot.inference.engines import load
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.models.store import Store
from earshot.text.errors import count, total

pytestmark = pytest.mark.model

MOST_ERRORS = 4  # of 70 words
MODELS = [
    "moonshine-tiny",
    pytest.param("moonshine-tiny-web", marks=pytest.mark.external),
    "whisper-base",
]


@cache
def recogniser(id: str) -> Recogniser:
    return load(id, Store())


def test_the_clips_are_those_that_were_counted() -> None:
    assert len(clips()) == 5
    assert sum(len(clip.words.split()) for clip in clips()) == 70


@pytest.mark.parametrize("model", MODELS)
def test_few_words_of_the_clips_are_wrong(model: str) -> None:
    errors = total(
        count(clip.words, files.transcribe(clip.audio, recogniser(model)).text)
        for clip in clips()
    )
    assert errors.words == 70
    assert errors.total <= MOST_ERRORS, errors.differences


@pytest.mark.parametrize("model", MODELS[:2])
def test_words_do_not_depend_on_who_else_is_in_the_batch(model: str) -> None:
    utterances = [Utterance(clip.audio) for clip in clips()]
    alone = [recogniser(model).transcribe([one])[0].text for one in utterances]
    assert [t.text for t in recogniser(model).transcribe(utterances)] == alone
    for first, second in itertools.combinations(range(5), 2):
        pair = [utterances[first], utterances[second]]
        heard = [transcript.text for transcript in recogniser(model).transcribe(pair)]
        assert heard == [alone[first], alone[second]]


@pytest.mark.parametrize("model", MODELS)
def test_audio_too_short_for_a_word_gives_none(model: str) -> None:
    blips = [Utterance(np.full(n, 0.1, np.float32)) for n in (0, 1000)]
    heard = recogniser(model).transcribe(blips)
    assert [transcript.text for transcript in heard] == ["", ""]
    assert recogniser(model).transcribe([]) == []


@pytest.mark.parametrize("model", MODELS[:2])
def test_warming_up_changes_nothing_that_is_heard(model: str) -> None:
    speech = [Utterance(clips()[1].audio)]
    before = recogniser(model).transcribe(speech)
    recogniser(model).warm_up()
    assert recogniser(model).transcribe(speech) == before


def test_a_passed_deadline_ends_one_utterance_and_not_its_neighbour() -> None:
    audio = clips()[1].audio
    late, alone = Utterance(audio, deadline=0.0), Utterance(audio)
    cut, whole = recogniser("moonshine-tiny").transcribe([late, alone])
    assert cut.cut == "deadline"
    assert len(cut.text) < len(whole.text)
    assert whole.cut == ""


def test_a_long_file_is_heard_to_its_end() -> None:
    whole = np.concatenate([clip.audio for clip in clips()])
    assert len(whole) > 20 * RATE
    said = " ".join(clip.words for clip in clips())
    heard = files.transcribe(whole, recogniser("moonshine-tiny"))
    assert count(said, heard.text).total <= MOST_ERRORS


def test_whisper_knows_when_each_word_was_said() -> None:
    clip = clips()[0]
    (heard,) = recogniser("whisper-base").transcribe([Utterance(clip.audio)])
    starts = [word.start for word in heard.words]
    assert starts == sorted(starts)
    assert all(word.start <= word.end for word in heard.words)
    assert heard.words[-1].end <= len(clip.audio) / RATE
    assert count(heard.text, " ".join(word.text for word in heard.words)).total == 0


@pytest.mark.parametrize("model", ["moonshine-tiny", "whisper-base"])
def test_the_command_prints_the_words(model: str) -> None:
    clip = clips()[4]
    command = ["transcribe", str(clip.path), "--model", model]
    plain = CliRunner().invoke(main, command)
    report = json.loads(CliRunner().invoke(main, [*command, "--json"]).output)
    assert plain.output == report["text"] + "\n"
    assert count(clip.words, report["text"]).total <= 1
    assert report["seconds"] == pytest.approx(len(clip.audio) / RATE, abs=1e-3)
