"""A segment on its way to its final."""

from __future__ import annotations

from earshot.api.messages import Final, Partial, Timing
from earshot.audio.formats import RATE
from earshot.audio.segmenter import SpeechEnded
from earshot.inference.agreement import Agreement
from earshot.inference.recogniser import Transcript


def ms(samples: int) -> int:
    """Whole milliseconds in so many samples at 16 kHz."""
    return samples * 1000 // RATE


# --8<-- [start:segment]
class Segment:
    """What has been heard of a segment that begins at sample number `start`.

    Words of audio behind `safe` are open to the end: it may be cut off.
    """

    def __init__(self, number: int, start: int, safe: int) -> None:
        self.number, self.start = number, start
        self.ended: SpeechEnded | None = None
        self._agreement = Agreement(start, safe)
        self._last: tuple[int, Transcript] | None = None

    @property
    def heard(self) -> bool:
        """Whether the recogniser has heard any of it."""
        return self._last is not None

    @property
    def known(self) -> Transcript | None:
        """The last hearing, if it was of just the audio that the segment has."""
        if self.ended is None or self._last is None:
            return None
        end, transcript = self._last
        return transcript if end == self.ended.end and not transcript.cut else None

    def partial(self, heard: Transcript, end: int, timing: Timing) -> Partial | None:
        """Take a hearing of the audio up to `end`; None where there is no word."""
        self._agreement.hear(heard.text, end)
        silent = not heard.text and (self._last is None or not self._last[1].text)
        self._last = end, heard
        if silent:
            return None
        return Partial(
            segment=self.number,
            start_ms=ms(self.start),
            stable=self._agreement.stable,
            stable_ms=ms(self._agreement.stable_end),
            unstable=self._agreement.unstable,
            end_ms=ms(end),
            timing=timing,
        )

    def final(self, heard: Transcript, timing: Timing) -> Final:
        """The end of it; only after `ended` is set."""
        assert self.ended is not None
        return Final(
            segment=self.number,
            start_ms=ms(self.start),
            voice_ms=ms(self.ended.voice_end),
            end_ms=ms(self.ended.end),
            text=self._agreement.finish(heard.text),
            reason=self.ended.reason.value,
            cut=heard.cut,
            timing=timing,
        )

    # --8<-- [end:segment]
