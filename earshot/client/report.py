"""Measurements of streams as figures, and as a table to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from earshot.client.meter import Tally
from earshot.slo.budget import percentile

MEASURES = {
    "first_partial_s": "first partial after the start of speech",
    "first_stable_s": "first stable word after the start of speech",
    "partial_delay_s": "partial after the audio it heard",
    "partial_gap_s": "from partial to partial",
    "final_delay_s": "final after the audio that ended it",
    "final_after_voice_s": "final after the end of the voice",
    "transport_delay_s": "of that, network and event loops",
    "late_s": "packets sent late by this client",
}


# --8<-- [start:spread]
@dataclass(frozen=True)
class Spread:
    """Nearest-rank percentiles of `count` measurements, in seconds."""

    count: int
    p50: float
    p95: float
    most: float


def spread(values: Iterable[float]) -> Spread | None:
    """None where nothing was measured."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95 = (round(percentile(ordered, p), 4) for p in (50, 95))
    return Spread(len(ordered), p50, p95, round(ordered[-1], 4))


# --8<-- [end:spread]
# --8<-- [start:figures]
@dataclass(frozen=True)
class Figures:
    """What one stream's user saw, or those of several streams together.

    `partials_per_speech_s` counts partials in a second of segments that
    have a final; `flicker` is shown words that were replaced, per final
    word; `contradicted` counts stable words that didn't stay, as all must.
    """

    audio_s: float
    speech_s: float
    finals: int
    words: int
    partials_per_speech_s: float
    flicker: float
    contradicted: int
    first_partial_s: Spread | None
    first_stable_s: Spread | None
    partial_delay_s: Spread | None
    partial_gap_s: Spread | None
    final_delay_s: Spread | None
    final_after_voice_s: Spread | None
    transport_delay_s: Spread | None
    late_s: Spread | None
    ends: dict[str, int]
    problems: dict[str, int]


def figures(tally: Tally) -> Figures:
    """The figures of a tally."""
    counts = tally.counts
    return Figures(
        audio_s=round(tally.audio_s, 3),
        speech_s=round(tally.speech_s, 3),
        finals=counts["finals"],
        words=counts["words"],
        partials_per_speech_s=_ratio(counts["partials"], tally.speech_s),
        flicker=_ratio(counts["rewritten"], counts["words"]),
        contradicted=counts["contradicted"],
        first_partial_s=spread(tally.first_partial),
        first_stable_s=spread(tally.first_stable),
        partial_delay_s=spread(tally.partial_delay),
        partial_gap_s=spread(tally.gap),
        final_delay_s=spread(tally.final_delay),
        final_after_voice_s=spread(tally.final_after_voice),
        transport_delay_s=spread(tally.transport),
        late_s=spread(tally.late),
        ends=dict(tally.ends),
        problems=dict(tally.problems),
    )


# --8<-- [end:figures]
def pooled(tallies: Sequence[Tally]) -> Tally:
    """All streams' measurements as those of one."""
    total = Tally()
    for tally in tallies:
        for name in (each.name for each in fields(Tally)):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
    return total


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0.0


def table(found: Figures) -> str:
    """The figures as lines of at most 76 columns."""
    lines = [f"{'seconds':<46}{'p50':>8}{'p95':>8}{'most':>8}{'count':>6}"]
    lines.append("-" * len(lines[0]))
    for name, words in MEASURES.items():
        values: Spread | None = getattr(found, name)
        if values:
            times = f"{values.p50:>8.3f}{values.p95:>8.3f}{values.most:>8.3f}"
            lines.append(f"{words:<46}{times}{values.count:>6}")
    return "\n".join([*lines, "", *_counts(found)])


def _counts(found: Figures) -> list[str]:
    """What isn't a time, a sentence each."""
    return [
        f"{found.words} words in {found.finals} finals; "
        f"{found.partials_per_speech_s:.2f} partials a second of speech; "
        f"{found.flicker:.2f} rewrites a word",
        *(f"sessions {how}: {n}" for how, n in sorted(found.ends.items())),
        *(f"{what}: {n}" for what, n in sorted(found.problems.items())),
    ]
