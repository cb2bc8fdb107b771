"""Bad input for the decoder, and what must hold whatever comes; runs on MicroPython and CPython alike.

An input is one frame of a stream that was damaged on its way: bits flipped, side information made up, cut short, spliced with another stream, random
bytes, lost, doubled. Good frames stand between. After each:

    no exception at all; no guard byte around a buffer touched
    bytes are taken or sound is made: the decoder is never stuck, and no more is made than the bytes fed can hold
    a granule that the decoder knows to be lost is no louder than the louder of its neighbours
"""

import random

from node.audio.mp3 import channel, decoder, stream

KINDS = 9
_GUARD_CELLS = 16
_FILL = 0x5A
_SAMPLES = 576
_ROUNDING = 1 << 9  # of 2**24: the last bit of int16
_CHECK_EVERY = 64
_GAP_GRANULES = 16  # that the decoder may make for bytes that it passed over

guarded = []  # (whole buffer, its bytes before, bytes inside)


def _guarded_bytearray(n):
    whole = bytearray([_FILL] * (n + 2 * _GUARD_CELLS))
    inside = memoryview(whole)[_GUARD_CELLS : _GUARD_CELLS + n]
    for i in range(n):
        inside[i] = 0
    guarded.append((whole, _GUARD_CELLS, n))
    return inside


def _guarded_cells(values):
    from array import array

    edge = [0x5A5A5A5A] * _GUARD_CELLS
    whole = array("i", edge + list(values) + edge)
    guarded.append((whole, _GUARD_CELLS, len(values)))
    return memoryview(whole)[_GUARD_CELLS : _GUARD_CELLS + len(values)]


def guard_buffers():
    """From now on all buffers of decoders that are made stand between guards."""

    def array(code, values):
        return _guarded_cells(values)

    for module in (channel, decoder, stream):
        module.bytearray = _guarded_bytearray
        module.array = array
        if hasattr(module, "cells"):
            module.cells = lambda n: _guarded_cells([0] * n)


def guards_hold():
    for whole, edge, n in guarded:
        fill = _FILL if isinstance(whole, bytearray) else 0x5A5A5A5A
        for i in range(edge):
            if whole[i] != fill or whole[edge + n + i] != fill:
                return False
    return True


class Failure(Exception):
    """What did not hold."""


class Fuzzer:
    """`streams`: lists of frames (bytes); `peak(out, n)`: largest magnitude of n int32 in `out`."""

    def __init__(self, streams, seed, stereo, peak):
        random.seed(seed)
        self._streams = streams
        self._peak = peak
        self._stereo = stereo
        self.decoder = decoder.Decoder(stereo=stereo, trim=False)
        self._out = _guarded_cells([0] * (_SAMPLES * (2 if stereo else 1)))
        self._peaks = []  # of the granules behind the last good one, and whether each was concealed
        self.inputs = 0
        self.calls = 0
        self._fed = 0
        self._made = 0

    def run(self, inputs, on_call=None):
        """Give so many bad inputs; raises Failure."""
        self._on_call = on_call
        target = self.inputs + inputs
        while self.inputs < target:
            self.decoder.reset()
            self._peaks = []
            self._fed = self._made = 0
            for frame in random.choice(self._streams):
                if random.getrandbits(1):
                    frame = self._damaged(frame)
                    self.inputs += 1
                    self._offer(frame)
                    if self.inputs % _CHECK_EVERY == 0 and not guards_hold():
                        raise Failure("a guard byte was touched")
                    if self.inputs >= target:
                        break
                else:
                    self._offer(frame)
            self.decoder.finish()
            self._drain()
        if not guards_hold():
            raise Failure("a guard byte was touched")

    def _offer(self, frame):
        at = 0
        while at < len(frame):
            taken = self.decoder.feed(frame, len(frame), at)
            at += taken
            self._fed += taken
            if not self._drain() and not taken:
                raise Failure("takes no bytes and makes no sound")

    def _drain(self):
        """All granules that can be made now; True if there were any."""
        made = 0
        width = 2 if self._stereo else 1
        while True:
            concealed = self.decoder.concealed
            n = self.decoder.decode_granule(self._out)
            self.calls += 1
            if self._on_call:
                self._on_call()
            if n == 0:
                break
            made += 1
            if n != _SAMPLES:
                raise Failure(f"a granule of {n}")
            self._judge(self._peak(self._out, n * width), self.decoder.concealed > concealed)
        self._made += made
        if self._made > self._fed // 12 + _GAP_GRANULES * (self._fed // 24 + 1):
            raise Failure(f"{self._made} granules of {self._fed} bytes")
        return made > 0

    def _judge(self, peak, concealed):
        """A run of concealed granules is judged when the next good one is there."""
        if concealed:
            self._peaks.append(peak)
            return
        if len(self._peaks) > 1:
            loudest = max(self._peaks[1:])
            if loudest > max(self._peaks[0], peak) + _ROUNDING:
                raise Failure(f"concealed at {loudest} between {self._peaks[0]} and {peak} of {1 << 24}")
        self._peaks = [peak]

    def _damaged(self, frame):
        kind = random.randrange(KINDS)
        octets = bytearray(frame)
        side = min(36, len(octets))
        if kind == 0:
            for _ in range(random.randrange(1, 9)):
                octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
        elif kind == 1:
            for _ in range(random.randrange(1, 5)):
                octets[random.randrange(side)] ^= 1 << random.randrange(8)
        elif kind == 2:
            for i in range(4, side):
                octets[i] = random.getrandbits(8)
        elif kind == 3:
            return octets[: random.randrange(len(octets))]
        elif kind == 4:
            other = random.choice(random.choice(self._streams))
            cut = random.randrange(len(octets))
            return octets[:cut] + other[min(cut, len(other)) :]
        elif kind == 5:
            return bytearray(random.getrandbits(8) for _ in range(random.randrange(1, 600)))
        elif kind == 6:
            fill = random.choice((0, 0xFF, 0x7F, 0x80))
            first = random.randrange(4, side)
            for i in range(first, random.randrange(first, side) + 1):
                octets[i] = fill
        elif kind == 7:
            return octets + octets if random.getrandbits(1) else bytearray(1)
        else:
            for i in range(random.randrange(side, len(octets)) if side < len(octets) else 0, len(octets)):
                octets[i] = random.getrandbits(8)
        return octets
