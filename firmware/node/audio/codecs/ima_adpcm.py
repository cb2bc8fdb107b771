"""Microsoft IMA ADPCM (WAVE format 0x0011), mono: 4 bits a frame in blocks that can each be decoded alone.

A block is the first frame as int16, the step index (0 to 88), a reserved byte, then two frames a byte, the low nibble first. The
difference is the sum of step / 8 and, by the nibble's bits, step, step / 2 and step / 4, each rounded down, as IMA and FFmpeg have it. Stereo
is refused: the station mixes down.
"""

from array import array

import micropython
from micropython import const

from node.audio.wav import IMA_ADPCM, refuse_unless
from node.refusal import NOT_AUDIO, Refused

# fmt: off
_STEPS = (
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190,
    209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272,
    2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500,
    20350, 22385, 24623, 27086, 29794, 32767,
)
# fmt: on
_INDEX_MAX = const(88)

# What lies where in the kernel's state. Nothing there is negative: a ptr32 load is signed on the chip and unsigned on 64 bits.
_PREDICTOR = const(0)  # last frame made, plus 32768
_INDEX = const(1)  # into _STEPS, 0 to 88
_BLOCK = const(2)  # bytes in a block
_POSITION = const(3)  # byte of the block that is read next
_HIGH = const(4)  # high nibble still to be decoded plus 1, or 0
_AT = const(5)  # byte of the input that is read next
_END = const(6)  # bytes in the input
_STATE_CELLS = const(7)

_BROKEN = const(-1)


class ImaAdpcm:
    """See `node.audio.codecs` for the shape of a codec."""

    name = IMA_ADPCM

    def __init__(self):
        self._input = b""
        self._state = array("i", [0] * _STATE_CELLS)
        self._steps = array("H", _STEPS)

    def start(self, format):
        refuse_unless(format, IMA_ADPCM)
        state = self._state
        for cell in range(_STATE_CELLS):
            state[cell] = 0
        state[_BLOCK] = format.block_bytes

    def feed(self, buffer, n):
        self._input = buffer
        self._state[_AT] = 0
        self._state[_END] = n

    def finish(self):
        pass  # nothing is held back

    def decode_into(self, out, at, frames):
        made = decode(self._state, self._steps, self._input, out, at, frames)
        if made == _BROKEN:
            raise Refused(NOT_AUDIO, "a step index above 88")
        return made


@micropython.viper
def decode(state: ptr32, steps: ptr16, source: ptr8, out: ptr16, at: int, frames: int) -> int:
    """Decode at most `frames` frames from the input that `state` tells of; returns how many, or -1 for a step index above 88.

    Magnitudes stay below 2 * 32767 + 32768 < 2**17. `index` is bounded before each use, whatever the stream says.
    """
    predictor = state[_PREDICTOR] - 32768
    index = state[_INDEX]
    high = state[_HIGH]
    position = state[_POSITION]
    read = state[_AT]
    made = 0
    while made < frames:
        if high:
            nibble = high - 1
            high = 0
        else:
            if read >= state[_END]:
                break
            octet = source[read]
            read += 1
            if position < 4:
                if position == 0:
                    predictor = octet
                elif position == 1:
                    predictor = ((predictor | octet << 8) ^ 0x8000) - 0x8000
                elif position == 2:
                    index = octet
                    if index > _INDEX_MAX:
                        return _BROKEN
                position += 1
                if position == 4:
                    out[at + made] = predictor
                    made += 1
                    if position == state[_BLOCK]:
                        position = 0
                continue
            position += 1
            if position == state[_BLOCK]:
                position = 0
            nibble = octet & 15
            high = (octet >> 4) + 1
        step = steps[index]
        difference = step >> 3
        if nibble & 4:
            difference += step
        if nibble & 2:
            difference += step >> 1
        if nibble & 1:
            difference += step >> 2
        if nibble & 8:
            predictor -= difference
            if predictor < -32768:
                predictor = -32768
        else:
            predictor += difference
            if predictor > 32767:
                predictor = 32767
        if nibble & 4:
            index += 2 * (nibble & 3) + 2
            if index > _INDEX_MAX:
                index = _INDEX_MAX
        elif index > 0:
            index -= 1
        out[at + made] = predictor
        made += 1
    state[_PREDICTOR] = predictor + 32768
    state[_INDEX] = index
    state[_HIGH] = high
    state[_POSITION] = position
    state[_AT] = read
    return made
