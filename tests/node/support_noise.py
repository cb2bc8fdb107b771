"""Random bytes and mutations that are the same on both runtimes and in every run."""


class Noise:
    """Numbers by Marsaglia's xorshift32."""

    def __init__(self, seed):
        self._state = seed or 1

    def below(self, limit):
        """A whole number from 0 up to but not `limit`."""
        state = self._state
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        self._state = state
        return state % limit

    def octets(self, count):
        return bytes(self.below(256) for _ in range(count))

    def mutated(self, data):
        """`data` with one to four small changes: a bit, a byte, a cut, a doubled or a foreign piece."""
        data = bytearray(data)
        for _ in range(1 + self.below(4)):
            at = self.below(len(data) + 1)
            change = self.below(5)
            if change == 0 and at < len(data):
                data[at] ^= 1 << self.below(8)
            elif change == 1:
                data = data[:at] + self.octets(1) + data[at:]
            elif change == 2:
                data = data[:at] + data[at + self.below(20) :]
            elif change == 3:
                data = data[:at] + data[at : at + 20] + data[at:]
            else:
                data = data[:at]
        return bytes(data)
