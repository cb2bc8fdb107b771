"""The codecs this node can play, by their names on the wire; `state` lists these names and a bulletin's variants are chosen among them.

A codec is a class of this shape. An instance lives as long as the player and allocates nothing after construction:

    name                             its name on the wire
    start(format)                    a new stream begins, at a block boundary; raises Refused where it cannot play this `wav.Format`
    feed(buffer, n)                  lends the first n bytes of `buffer`; they stay untouched until `decode_into` returns 0
    finish()                         nothing more will be lent: what was held back for what might follow can be decoded now
    decode_into(out, at, frames)     puts at most `frames` (> 0) mono frames of int16 into `out` from frame `at` on and returns how many; 0: all
                                     that was lent is used up. Work per call is bounded by `frames`, or by one granule of the codec.
                                     Raises Refused(NOT_AUDIO) for a stream that is broken beyond concealing.
"""

from node.audio.codecs.ima_adpcm import ImaAdpcm
from node.audio.codecs.pcm16 import Pcm16
from node.audio.wav import MP3

CODECS = {codec.name: codec for codec in (Pcm16, ImaAdpcm)}  # those that every board plays


def load(names):
    """The codecs of these names, `{name: class}`. The MP3 decoder, its machine code and its tables are in memory only where it is named."""
    found = {name: CODECS[name] for name in names if name in CODECS}
    if MP3 in names:
        from node.audio.codecs.mp3 import Mp3

        found[MP3] = Mp3
    return found
