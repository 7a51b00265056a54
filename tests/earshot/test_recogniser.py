"""The recogniser's interface, without weights: fakes, files, rows and tokens."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from earshot.audio.formats import RATE, Samples
from earshot.cli import main
from earshot.inference import engines, files
from earshot.inference.fake import PACE, FakeRecogniser
from earshot.inference.moonshine import SHORTEST, Row, pad
from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.inference.tokenizer import BEGIN, END, Tokenizer
from earshot.models import store
from earshot.models.manifest import ModelError, read
from earshot.models.store import Store


def tone(seconds: float, loudness: float = 0.2) -> Samples:
    times = np.arange(int(seconds * RATE)) / RATE
    return (loudness * np.sin(2 * np.pi * 220 * times)).astype(np.float32)


def say(audio: Samples, recogniser: Recogniser | None = None) -> Transcript:
    (heard,) = (recogniser or FakeRecogniser()).transcribe([Utterance(audio)])
    return heard


# -- the fake -------------------------------------------------------------------


def test_the_fake_is_a_recogniser_that_says_the_same_again() -> None:
    fake: Recogniser = FakeRecogniser()
    fake.warm_up()
    assert say(tone(3), fake) == say(tone(3), fake)
    assert len(say(tone(3)).text.split()) == 10


def test_the_fake_says_nothing_in_silence_and_knows_when_it_spoke() -> None:
    assert say(np.zeros(RATE, np.float32)).text == ""
    heard = say(np.concatenate([np.zeros(2 * PACE, np.float32), tone(0.6)]))
    assert [(word.start, word.end) for word in heard.words] == [(0.6, 0.9), (0.9, 1.2)]
    assert say(tone(3, 0.2)).text != say(tone(3, 0.5)).text


@given(st.floats(0, 5), st.floats(0, 5))
def test_the_fake_never_takes_a_word_back(shorter: float, longer: float) -> None:
    shorter, longer = sorted((shorter, longer))
    audio = np.concatenate([tone(1), np.zeros(RATE // 2, np.float32), tone(4, 0.4)])
    first = say(audio[: int(shorter * RATE)]).words
    assert say(audio[: int(longer * RATE)]).words[: len(first)] == first


def test_the_fake_is_as_slow_and_as_faulty_as_it_is_told() -> None:
    waits: list[float] = []
    fake = FakeRecogniser(0.1, 0.05, {2: MemoryError("no memory")}, waits.append)
    batch = [Utterance(tone(1)), Utterance(tone(3))]
    assert len(fake.transcribe(batch)) == 2
    with pytest.raises(MemoryError, match="no memory"):
        fake.transcribe(batch)
    assert fake.transcribe([]) == []
    assert waits == pytest.approx([0.25, 0.25, 0.1])
    assert fake.calls == 3


# -- files ----------------------------------------------------------------------


@given(st.integers(0, 30 * RATE), st.floats(1, 20))
def test_pieces_are_the_whole_and_none_is_too_long(
    samples: int, longest: float
) -> None:
    audio = np.arange(samples, dtype=np.float32)
    parts = list(files.pieces(audio, longest))
    assert np.array_equal(np.concatenate(parts), audio)
    assert all(len(part) <= longest * RATE for part in parts)


def test_a_file_is_cut_where_it_is_quiet() -> None:
    pause = np.zeros(RATE // 2, np.float32)
    audio = np.concatenate([tone(7), pause, tone(6)])
    first, second = files.pieces(audio, 10)
    assert 7 * RATE < len(first) < 7.5 * RATE
    assert len(first) + len(second) == len(audio)


def test_times_count_from_the_start_of_the_file() -> None:
    fake = FakeRecogniser()
    fake.longest = 3.0
    heard = files.transcribe(tone(9), fake)
    starts = [word.start for word in heard.words]
    assert fake.calls > 3
    assert starts == sorted(starts)
    assert starts[-1] > 8
    assert heard.text.split() == [word.text for word in heard.words]


def test_the_command_reads_a_file_and_prints_words_and_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((tone(1.2) * 32767).astype("<i2").tobytes())
    monkeypatch.setattr(engines, "load", lambda *_: FakeRecogniser())
    result = CliRunner().invoke(main, ["transcribe", str(path), "--json"])
    report = json.loads(result.output)
    assert report["seconds"] == 1.2
    assert report["words"][-1]["end"] == 1.2
    plain = CliRunner().invoke(main, ["transcribe", str(path)]).output
    assert plain == report["text"] + "\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("words.txt", b"no audio at all", "words.txt: no audio that can be read"),
        ("void.wav", b"", "void.wav: no audio that can be read"),
    ],
)
def test_the_command_tells_what_is_wrong_with_a_file(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(main, ["transcribe", str(tmp_path / name)])
    assert result.exit_code == 1
    assert result.output == f"Error: {told}\n"


def test_missing_weights_are_told_with_the_command_that_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.CACHE, str(tmp_path))
    with pytest.raises(ModelError, match="run `earshot models pull whisper-base`"):
        engines.load("whisper-base", Store())


def test_a_model_that_is_no_recogniser_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Store, "verify", lambda *_: Path())
    with pytest.raises(ModelError, match="silero-vad recognises no words"):
        engines.load("silero-vad", Store(models=read()))


# -- Moonshine's parts ----------------------------------------------------------


def row(seconds: float, deadline: float = 10.0) -> Row:
    audio = np.zeros(int(seconds * RATE), np.float32)
    return Row.of(Utterance(audio, deadline))


def test_a_row_ends_with_the_end_token() -> None:
    speech = row(2)
    for token in (7, 8, END, 9):
        speech.take(token, now=0)
    assert (speech.tokens, speech.done, speech.cut) == ([7, 8], True, "")


def test_a_row_that_would_never_end_is_cut_at_a_pace_nobody_speaks() -> None:
    babble = row(2)
    for _ in range(100):
        babble.take(7, now=0)
    assert (len(babble.tokens), babble.cut) == (13, "length")


def test_a_row_past_its_deadline_is_cut() -> None:
    late = row(2, deadline=1.0)
    late.take(7, now=0.9)
    assert not late.done
    late.take(8, now=1.1)
    assert (late.tokens, late.done, late.cut) == ([7, 8], True, "deadline")


def test_a_row_too_short_for_a_word_is_not_decoded() -> None:
    assert Row.of(Utterance(np.zeros(SHORTEST - 1, np.float32))).done
    assert not Row.of(Utterance(np.zeros(SHORTEST, np.float32))).done


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_padding_adds_zeros_behind_each_row(lengths: list[int]) -> None:
    padded = pad([np.ones((length, 3), np.float32) for length in lengths])
    assert padded.shape == (len(lengths), max(lengths), 3)
    assert padded.sum(axis=(1, 2)).tolist() == [3 * length for length in lengths]
    for filled, length in zip(padded, lengths, strict=True):
        assert filled[:length].all()


PIECES = st.lists(st.binary(max_size=300), max_size=8)


@given(PIECES)
def test_a_tokenizer_file_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.bin"
    lengths = [len(piece) for piece in pieces]
    heads = [bytes([n % 128 + 128, n // 128] if n >= 128 else [n]) for n in lengths]
    path.write_bytes(b"".join(h + p for h, p in zip(heads, pieces, strict=True)))
    assert len(Tokenizer.read(path)) == len(pieces)


def test_tokens_become_text_without_what_cannot_be_said() -> None:
    pieces = [b"<unk>", b"<s>", b"</s>", "▁don".encode(), b"'t", b"\xe2", b"<<ST_3>>"]
    tokenizer = Tokenizer(pieces)
    assert tokenizer.decode([BEGIN, 3, 4, 6, END]) == "don't"
    assert tokenizer.decode([3, 5]) == "don\ufffd"
