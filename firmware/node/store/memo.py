"""One small value on flash that is written now and then, in silence: the last known time, the commands that were carried out.

Only the newest value counts; what lies in RAM until it is written is lost by a power cut.
"""

import asyncio
import json

from micropython import const

from node.store import files
from node.store.again import whenever

_BYTES_MAX = const(4096)


class Memo:
    """A JSON value in the file at `path`; `otherwise` where there is none, or none that can be read."""

    def __init__(self, path, gate, otherwise):
        self._path = path
        self._gate = gate
        self._put = asyncio.Event()
        self.value = otherwise
        try:
            content = files.read(path, _BYTES_MAX)
            if content is not None:
                self.value = json.loads(content)
        except (files.Damaged, ValueError) as damaged:
            print("memo:", damaged)

    def put(self, value):
        """Take a new value; `run` writes it."""
        self.value = value
        self._put.set()

    async def save(self, value):
        """Take a new value and return when it is written. Raises OSError."""
        self.value = value
        await files.replace(self._gate, self._path, json.dumps(value).encode())

    def run(self):
        """Task: write what is put."""
        return whenever(self._put, lambda: self.save(self.value), self._path)
