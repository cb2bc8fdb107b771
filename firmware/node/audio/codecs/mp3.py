"""MP3 for the player: `node.audio.mp3` behind the shape of a codec."""

from micropython import const

from node.audio.mp3.decoder import Decoder
from node.audio.wav import MP3, refuse_unless
from node.refusal import NOT_AUDIO, RATE, Refused

_RUBBISH_MAX = const(65_536)  # bytes without a frame: no stream that is merely damaged


class Mp3:
    """See `node.audio.codecs` for the shape of a codec. Delay and padding are the source's business, which may begin anywhere."""

    name = MP3

    def __init__(self):
        self._decoder = Decoder(stereo=False, trim=False)
        self._input = b""
        self._at = 0
        self._end = 0
        self._rate = 0
        self._fruitless = 0  # bytes since something came out

    def start(self, format):
        refuse_unless(format, MP3)
        self._rate = format.rate
        self._at = self._end = self._fruitless = 0
        self._decoder.reset()

    def feed(self, buffer, n):
        self._input = buffer
        self._at = 0
        self._end = n

    def finish(self):
        self._decoder.finish()

    def decode_into(self, out, at, frames):
        decoder = self._decoder
        while True:
            made = decoder.decode_into(out, at, frames)
            if made:
                if decoder.rate != self._rate:
                    raise Refused(RATE, f"{decoder.rate} frames a second behind {self._rate}")
                self._fruitless = 0
                return made
            if self._at == self._end:
                return 0
            taken = decoder.feed(self._input, self._end, self._at)
            self._at += taken
            self._fruitless += taken
            if self._fruitless > _RUBBISH_MAX:
                raise Refused(NOT_AUDIO, f"no MP3 in {_RUBBISH_MAX} bytes")
