"""What the tests of the MP3 decoder share: vectors, a decoder that is fed in pieces with the heap locked, and guards around its buffers."""

from array import array

import micropython

from node.audio.mp3.decoder import Decoder

NAMES = ("speech", "joint", "apart", "slow")


def vector(name):
    """(the stream, its samples)"""
    folder = __file__.rsplit("/", 2)[0] + "/vectors/mp3_sound/"
    with open(folder + name + ".mp3", "rb") as file:
        content = file.read()
    with open(folder + name + ".raw", "rb") as file:
        return content, array("h", file.read())


class Listener:
    """Feeds a decoder and keeps what it says."""

    def __init__(self, stereo=False, trim=True):
        self.decoder = Decoder(stereo, trim)
        self.sound = array("h")
        self._width = 2 if stereo else 1
        self._out = array("h", [0] * (600 * self._width + 2))
        self._took = self._made = 0

    def hear(self, content, piece=700, frames=512, end=True):
        """Decode all of `content`, fed and asked for in such pieces."""
        at = 0
        while True:
            self._step(content, at, min(len(content), at + piece), frames)
            if self._made:
                self._keep()
            elif at < len(content):
                at += self._took
                assert self._took or at == len(content), "neither takes nor gives"
                if end and at == len(content):
                    self.decoder.finish()
            else:
                return self.sound

    def _step(self, content, at, until, frames):
        micropython.heap_lock()
        try:
            self._made = self.decoder.decode_into(self._out, 0, frames)
            self._took = 0 if self._made or at == until else self.decoder.feed(content, until, at)
        finally:
            micropython.heap_unlock()

    def _keep(self):
        cells = self._made * self._width
        assert self._out[cells] == 0 or cells == 0, "wrote more than it says"
        self.sound.extend(self._out[:cells])
        for cell in range(cells):
            self._out[cell] = 0


def furthest(sound, wanted):
    """The largest difference; both have the same length."""
    assert len(sound) == len(wanted), (len(sound), len(wanted))
    return max(abs(sound[place] - wanted[place]) for place in range(len(wanted)))


def peak(sound):
    return max((abs(sample) for sample in sound), default=0)
