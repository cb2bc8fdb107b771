"""What sources on the node's file system share: the open file, its bytes until the end, and what a failing file system means.

How the sound is found in the file, and a position in the sound, is each kind's own business.
"""

import os

from micropython import const

from node.refusal import DAMAGED, LENGTH, Refused

_SIZE = const(6)  # place in os.stat's tuple


class Stored:
    """See `node.audio.sources`. A kind fills in `_find`."""

    def __init__(self, path):
        self._path = path
        self._file = None
        self._bytes_left = 0
        self.format = None
        self.skip_frames = 0
        self.frames_left = -1
        self.total_ms = None

    async def open(self, start_ms):
        try:
            size = os.stat(self._path)[_SIZE]
            self._file = open(self._path, "rb")
            await self._find(size, start_ms)
        except OSError as error:
            raise self._unreadable(error)

    async def _find(self, size, start_ms):
        """Find the sound from `start_ms` on in `_file`, which has `size` bytes; leave the file where it begins and in `_bytes_left` what there is of it.

        Sets what a source has. Raises Refused; OSError of the file system may pass.
        """
        raise NotImplementedError

    async def readinto(self, view):
        n = min(len(view), self._bytes_left)
        if n == 0:
            return 0
        try:
            n = self._file.readinto(view[:n])
        except OSError as error:
            raise self._unreadable(error)
        if not n:
            raise Refused(LENGTH, f"{self._bytes_left} bytes of sound are missing")
        self._bytes_left -= n
        return n

    def close(self):
        if self._file:
            self._file.close()
            self._file = None

    def _unreadable(self, error):
        return Refused(DAMAGED, f"{self._path}: {error}")
