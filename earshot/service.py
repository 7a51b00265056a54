"""The service: sessions, one VAD, one recogniser, and what holds them together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from earshot.api.messages import Config, ErrorCode, Reason
from earshot.inference.batcher import Policy
from earshot.inference.ladder import Ladder, LadderSettings, Rung
from earshot.inference.listener import Vad, listen
from earshot.inference.recogniser import Recogniser, Transcript
from earshot.inference.scheduler import Job, Loss, Scheduler
from earshot.inference.stream import Heard, Setup, Stream
from earshot.inference.worker import MESSAGES, Worker, WorkerSettings
from earshot.slo.observer import Observer
from earshot.transport.bounds import Bounds
from earshot.transport.session import Clocks, Session

TICK = 0.25
"""Seconds between two looks at what time alone brings about."""
BREATH = 0.005
"""Seconds in which frames of more streams may come, for one call of the VAD."""
MOMENT = 1.0
"""Seconds for what should take none: last words, or another server's start."""

REASONS: dict[ErrorCode, str] = {
    "draining": "this server is going away; connect again, to another",
    "not_ready": "the recogniser isn't ready",
    "overloaded": "no room for one more stream now",
}


TOLD = {
    Rung.NORMAL: "partials come as often as they can",
    Rung.WIDER: "partials come half as often, for there is too much to hear",
    Rung.FINALS: "no partials for a while, for there is too much to hear",
    Rung.REFUSE: "no partials for a while, and no new sessions",
}


class Refused(Exception):
    """No session for this client now: `code` says why, `retry` when to ask (s)."""

    def __init__(self, code: ErrorCode, retry: float) -> None:
        super().__init__(REASONS[code])
        self.code, self.retry = code, retry


@dataclass(frozen=True)
class Plan:
    """The settings of all that the service is made of."""

    setup: Setup = field(default_factory=Setup)
    policy: Policy = field(default_factory=Policy)
    ladder: LadderSettings = field(default_factory=LadderSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    bounds: Bounds = field(default_factory=Bounds)


# --8<-- [start:service]
class Service:
    """Opens sessions, hears their audio, and delivers their words.

    All of it runs on one event loop, the recogniser in a thread of its own.
    """

    def __init__(
        self,
        vad: Vad,
        make: Callable[[], Recogniser],
        plan: Plan | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.plan = plan or Plan()
        self.observer = observer or Observer()
        self.sessions: dict[str, Session] = {}
        self.ladder = Ladder(self.plan.ladder)
        self.model = ""
        self.draining = False
        self._scheduler = Scheduler(self.plan.policy, self._dropped)
        self._worker = Worker(make, self._scheduler, self, self.plan.worker)
        self.clocks = Clocks(time.monotonic, lambda: time.time_ns() // 1_000_000)
        self._vad = vad
        self._arrived, self._left = asyncio.Event(), asyncio.Event()
        self._waited = self._busy = 0.0

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Warm the recogniser; then hear, work and keep time until cancelled.

        Calls `ready` when a stream can be taken. Raises what loading the
        recogniser raised.
        """
        try:
            self.model = await self._worker.warm()
            ready()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._worker.run())
                tasks.create_task(self._keep_time())
        finally:
            self._worker.close()

    async def _listen(self) -> None:
        """Hear what has arrived; then give way to whoever else has work."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while heard := listen(self._vad, self._streams(), self.clocks.now()):
                self.observer.listened(heard)
                self._worker.call()
                await asyncio.sleep(0)
            self._worker.call()
            self._settle()
            await asyncio.sleep(BREATH)

    def _streams(self) -> list[Stream]:
        return [session.stream for session in self.sessions.values()]

    # --8<-- [end:service]
    # --8<-- [start:open]
    def open(self, config: Config) -> Session:
        """A new session; raises `Refused`, or `AudioError` for its format."""
        if code := self.unready():
            raise Refused(code, self.retry(code))
        session = Session(
            config,
            self._scheduler,
            lambda: self.ladder.rung,
            self.plan.setup,
            self.plan.bounds,
            self.clocks,
            self.observer.sent,
        )
        self.sessions[session.id] = session
        self.observer.opened(session.id, session.form)
        return session

    def find(self, config: Config) -> Session | None:
        """The session that a config asks to resume, if it is still here."""
        wanted = config.resume
        session = self.sessions.get(wanted.session) if wanted else None
        if session is None or wanted is None or not session.admits(wanted.token):
            return None
        self.observer.resumed(session.id)
        return session

    def unready(self) -> ErrorCode | None:
        """Why no stream can be taken now; None when one more can."""
        if self.draining:
            return "draining"
        if not self.model or not self._worker.healthy:
            return "not_ready"
        full = len(self.sessions) >= self.plan.bounds.sessions
        return "overloaded" if full or self.ladder.rung is Rung.REFUSE else None

    def retry(self, code: ErrorCode) -> float:
        """Seconds after which it may be worth asking again."""
        return self.plan.ladder.settle if code == "overloaded" else MOMENT

    async def swap(self, find: Callable[[], Callable[[], Recogniser]]) -> None:
        """Change to the recogniser that `find` finds a way to make; no stream waits.

        If it can't be found or made, the one in use goes on.
        """
        try:
            make = await asyncio.to_thread(find)
            self.model = await self._worker.swap(make)
        except Exception as error:
            self.observer.kept(error)
        else:
            self.observer.swapped(self.model)

    def came(self) -> None:
        """Audio or a flush has come for some session."""
        self._arrived.set()

    def leave(self, session: Session, answered: bool) -> None:
        """A session's connection is gone; forget it if nobody will come back."""
        session.detach()
        self._left.set()
        if session.ended == "internal" or (session.ended and answered):
            self._forget(session)

    # --8<-- [end:open]
    # --8<-- [start:deliver]
    def resolve(self, job: Job, transcript: Transcript, heard: Heard) -> None:
        """Take a job's words to its stream."""
        self._waited = max(self._waited, heard.taken - job.asked)
        self.observer.resolved(job, heard)
        if session := self.sessions.get(job.stream):
            session.stream.resolve(job, transcript, heard)
            self._arrived.set()

    def fail(self, job: Job, code: ErrorCode, message: str) -> None:
        """Tell a job's stream that there are no words."""
        if session := self.sessions.get(job.stream):
            session.stream.fail(job, code, message)
            self._arrived.set()

    def _dropped(self, job: Job, why: Loss) -> None:
        self.observer.dropped(why)
        if why == "expired":
            self.fail(job, "inference_timeout", MESSAGES["inference_timeout"])

    # --8<-- [end:deliver]
    def broke(self, session: Session, error: BaseException) -> None:
        """A fault of ours: this session can't go on, the others can."""
        self.observer.broke(session.id, error)
        session.error("internal", "the server failed; open another", fatal=True)
        session.stop("internal")

    def called(self, jobs: int) -> None:
        """The recogniser is called with so many jobs."""
        self.observer.called(jobs)

    def failed(self, code: ErrorCode, error: BaseException) -> None:
        """A call of the recogniser failed."""
        self.observer.failed(code, error)

    def restarted(self) -> None:
        """The recogniser was replaced."""
        self.observer.restarted()

    # --8<-- [start:time]
    async def _keep_time(self) -> None:
        """Look after sessions, the ladder and the gauges, four times a second."""
        while True:
            for session in list(self.sessions.values()):
                if session.tick():
                    self._forget(session)
            self._climb()
            lost = sum(session.lost is not None for session in self.sessions.values())
            self.observer.counted(len(self.sessions) - lost, lost, self._scheduler)
            self._arrived.set()
            await asyncio.sleep(TICK)

    def _climb(self) -> None:
        """Let the ladder see how long audio and jobs wait, and how busy we are."""
        now, before = self.clocks.now(), self.ladder.rung
        behind = (stream.behind(now) for stream in self._streams())
        waited = max(self._waited, self._scheduler.waited(now), *behind)
        busy = (self._worker.busy - self._busy) / TICK
        self._waited, self._busy = 0.0, self._worker.busy
        rung = self.ladder.observe(waited, min(busy, 1.0), now)
        if rung is not before:
            self.observer.stands(rung)
            for session in self.sessions.values():
                session.warn("degraded" if rung > before else "recovered", TOLD[rung])

    # --8<-- [end:time]
    # --8<-- [start:drain]
    async def drain(self) -> None:
        """Take no more, deliver the finals of all audio so far, end all sessions.

        Those that aren't done in time end without the rest.
        """
        self.draining = True
        for session in self.sessions.values():
            session.warn("draining", REASONS["draining"], self.plan.bounds.drain)
            session.finish("draining")
        self._arrived.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.plan.bounds.drain):
                await self._all_gone()
        await self.stop("draining")

    async def stop(self, reason: Reason) -> None:
        """Take no more, end all sessions now, and let them say so."""
        self.draining = True
        for session in self.sessions.values():
            session.stop(reason)
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT):
                await self._all_gone()

    async def _all_gone(self) -> None:
        """Wait until no session has a connection."""
        while any(session.lost is None for session in self.sessions.values()):
            self._left.clear()
            await self._left.wait()

    # --8<-- [end:drain]
    def _settle(self) -> None:
        for session in self.sessions.values():
            session.settle()

    def _forget(self, session: Session) -> None:
        self._scheduler.cancel(session.id)
        self.sessions.pop(session.id, None)
        self.observer.superseded(session.outbox.superseded)
