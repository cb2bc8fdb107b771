"""Silence of a given length, as between repeats."""

from node.audio.gain import scale
from node.audio.wav import PCM16, Format


class Silence:
    """See `node.audio.sources`."""

    def __init__(self, rate, total_ms):
        self.format = Format(PCM16, rate, 2, 1)
        self.skip_frames = 0
        self.frames_left = -1
        self.total_ms = total_ms
        self._bytes_left = 0

    async def open(self, start_ms):
        self.frames_left = max(0, self.total_ms - start_ms) * self.format.rate // 1000
        self._bytes_left = 2 * self.frames_left

    async def readinto(self, view):
        n = min(len(view) // 2 * 2, self._bytes_left)
        scale(view, 0, n // 2, 0, 0)
        self._bytes_left -= n
        return n

    def close(self):
        self._bytes_left = 0
