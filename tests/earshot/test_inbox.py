"""The inbox is bounded, keeps the newest audio and loses no mark."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from earshot.audio.chunker import FRAME, Frame
from earshot.audio.formats import RATE
from earshot.inference.inbox import Inbox, Mark, Waiting

LIMIT = 4 * FRAME / RATE
POP = "pop"
MARK = "mark"
counts = st.integers(1, FRAME)
steps = st.lists(
    st.one_of(
        st.lists(counts, max_size=6), st.just(MARK), st.just(POP), st.just([FRAME] * 3)
    ),
    max_size=30,
)
SILENCE = np.zeros(FRAME, np.float32)


def frame(start: int, count: int = FRAME) -> Frame:
    return Frame(start, SILENCE, count)


@given(steps)
def test_whatever_comes_and_goes(steps: list[list[int] | str]) -> None:
    """Compared step by step with a list from which the older half is struck."""
    inbox, kept, at, dropped = Inbox(LIMIT), [], 0, 0
    for number, step in enumerate(steps):
        if step == MARK:
            kept.append(Mark(str(number), number))
            inbox.mark(kept[-1])
        elif step == POP:
            assert inbox.first() == (kept[0] if kept else None)
            if kept:
                inbox.pop()
                kept.pop(0)
        else:
            frames = []
            for count in step:
                frames.append(frame(at, count))
                at += count
            kept += [Waiting(one, number) for one in frames]
            inbox.add(frames, number)
        waiting = [item for item in kept if isinstance(item, Waiting)]
        full = sum(item.frame.count for item in waiting) > 4 * FRAME
        while full and sum(item.frame.count for item in waiting) > 2 * FRAME:
            oldest = waiting.pop(0)
            kept = [item for item in kept if item is not oldest]
            dropped += oldest.frame.count
        assert list(inbox._line) == kept
        assert len(inbox) == len(kept)
        assert inbox.marks == len(kept) - len(waiting)
        assert inbox.dropped == dropped
        assert inbox.seconds == sum(item.frame.count for item in waiting) / RATE
        assert inbox.seconds <= LIMIT


def test_just_as_much_as_the_limit_may_wait() -> None:
    inbox = Inbox(LIMIT)
    inbox.add([frame(n * FRAME) for n in range(4)], 0.0)
    assert (inbox.seconds, inbox.dropped) == (LIMIT, 0)
    inbox.add([frame(4 * FRAME, 1)], 1.0)
    assert (inbox.seconds, inbox.dropped) == ((FRAME + 1) / RATE, 3 * FRAME)


def test_marks_before_a_dropped_frame_keep_their_order() -> None:
    inbox = Inbox(LIMIT)
    for id in ("a", "b"):
        inbox.mark(Mark(id, 0.0))
    inbox.add([frame(n * FRAME) for n in range(5)], 1.0)
    seen = []
    while (first := inbox.first()) is not None:
        seen.append(first.id if isinstance(first, Mark) else first.frame.start)
        inbox.pop()
    assert seen == ["a", "b", 3 * FRAME, 4 * FRAME]


def test_an_empty_inbox_has_nothing_first() -> None:
    inbox = Inbox(LIMIT)
    assert inbox.first() is None
    assert (len(inbox), inbox.seconds, inbox.dropped) == (0, 0.0, 0)
