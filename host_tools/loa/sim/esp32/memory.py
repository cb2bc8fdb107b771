"""`machine.mem32`: registers that keep what is written. Nothing happens by it, except that a model may look."""


class Memory:
    """By address, a multiple of 4; what was never written reads 0."""

    def __init__(self):
        self._words = {}

    def __getitem__(self, address):
        if address & 3:
            raise ValueError("address {:08x} is not aligned to 4 bytes".format(address))
        return self._words.get(address, 0)

    def __setitem__(self, address, value):
        if address & 3:
            raise ValueError("address {:08x} is not aligned to 4 bytes".format(address))
        self._words[address] = value & 0xFFFFFFFF


mem32 = Memory()
