"""The RTC: time of day since power-on and 2 KB of memory, both kept over every reset that is no loss of power.

Works on microseconds since 2000-01-01, the board's epoch. What survives is put into and taken from a plain dict by the owner.
"""

MEMORY_BYTES = 2048


class Rtc:
    """`host_us`: function that returns microseconds of a clock that runs on while the node is reset."""

    def __init__(self, host_us):
        self._host_us = host_us
        self._zero = host_us()
        self.memory = b""

    def now_us(self):
        """Microseconds since 2000-01-01."""
        return self._host_us() - self._zero

    def set_us(self, microseconds):
        """Set the time of day."""
        self._zero = self._host_us() - microseconds

    def store(self, data):
        """Replace the memory; ValueError above 2,048 bytes."""
        if len(data) > MEMORY_BYTES:
            raise ValueError("buffer too long")
        self.memory = bytes(data)

    def kept(self):
        """What a reset keeps, as a dict of texts and whole numbers."""
        return {"zero": self._zero, "memory": [cell for cell in self.memory]}

    def restore(self, kept):
        """Go on after a reset from what `kept` returned before it."""
        self._zero = kept["zero"]
        self.memory = bytes(kept["memory"])
