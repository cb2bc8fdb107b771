"""`machine.Timer` with the resolution of the 10 ms tick. As on the chip a callback that finds the queue of callbacks full is lost."""

from chip import CHIP


class Timer:
    """A one-shot or periodic timer; `period` in milliseconds."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id, **settings):
        self._running = False
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, period, callback):
        self.deinit()
        self._period_us = period * 1_000
        self._periodic = mode == self.PERIODIC
        self._callback = callback
        self._due = CHIP.host.now_us() + self._period_us
        self._running = True
        CHIP.pulse.subscribe(self._run)

    def deinit(self):
        if self._running:
            self._running = False
            CHIP.pulse.unsubscribe(self._run)

    def _run(self, now_us):
        if not self._running or now_us < self._due:
            return
        self._due += self._period_us
        if not self._periodic:
            self.deinit()
        CHIP.interrupt(self._callback, self)
