"""The decoder as a whole: frames and bit reservoir, granule after granule, concealment, the cut at both ends."""

import sys
from array import array

from micropython import const

from node.audio.mp3 import frame
from node.audio.mp3.channel import LINES, Channel, Shared, cells
from node.audio.mp3.frame import BLOCK, CHANNELS, INFO, MIXED, MPEG1, PART23, PROTECTED, RATE, RATES, SIDE_BYTES, STEREO
from node.audio.mp3.gapless import delays
from node.audio.mp3.huffman import INEXACT, huffman
from node.audio.mp3.hybrid import add, move
from node.audio.mp3.output import interleave, to_int16, to_int32
from node.audio.mp3.requantise import requantise
from node.audio.mp3.scale_factors import scale_factors
from node.audio.mp3.stereo import intensity, middle_side, zero_part
from node.audio.mp3.stream import Stream
from node.audio.mp3.tables import BANDS, GAINS, HUFFMAN, INTENSITY, LINBITS, LSF_COUNTS, POWERS, PRETAB, ROOTS, SLEN

_MAIN_BYTES = const(3072)  # the bit reservoir with a whole frame behind it, and room so that it is moved rarely
_RESERVOIR = const(511)
_GUARD = const(16)  # bytes behind the reservoir that `huffman` may read
_HALF = const(4)  # quarters of an octave: what requantised lines are lowered by
_ROOT_HALF = const(2)
_TOTAL_MAX = const(
    1 << 20
)  # sum of the magnitudes of a granule's lines, Q.15: noise at full scale has 32, and more later stages need not bear
_CAUTIOUS = const(38)  # granules after damage in which none may be much louder than those before it
_LOUDER = const(2)
_FAINT = const(1000)  # some 0.03 of full scale, Q.15: never suspect
_DECAY_BITS = const(5)  # by how much the usual loudness is forgotten in a granule
_CONCEALED_MAX = const(16)  # granules for bytes that were skipped
_MONO = const(4)  # see `stereo.intensity`
_ONE = const(32768)  # Q1.15
_ROOT_HALF_Q15 = const(23170)
_ROOT_TWO_Q15 = const(46341)


class Decoder:
    """See `node.audio.mp3`."""

    def __init__(self, stereo=False, trim=True):
        # A machine word of 64 bits loads 32 of them without their sign; kernels shift by so many bits to have it. On CPython they load signed words.
        self._up = 32 if sys.maxsize >> 32 and sys.implementation.name == "micropython" else 0
        self._stereo = bool(stereo)
        self._trim = trim
        self._stream = Stream()
        shared = Shared(self._up)
        self._outputs = tuple(Channel(shared) for _ in range(2 if stereo else 1))
        self._pairs = cells(LINES + 3) if stereo else None
        self._pcm = self._outputs[0].pcm
        self._levels = (self._outputs[0].levels, self._outputs[-1].levels)
        self._lines = (cells(LINES), cells(LINES))
        self._info = array("i", [0] * (4 * INFO + 2))
        self._blocks = tuple(memoryview(self._info)[INFO * n : INFO * n + INFO] for n in range(4))
        self._factors = (bytearray(40), bytearray(40))
        bands = memoryview(BANDS)
        self._bands = tuple(bands[40 * n : 40 * n + 40] for n in range(27))
        self._layout = frame.side_layout()
        self._long = self._bands[0]
        self._main = bytearray(_MAIN_BYTES + _GUARD)
        self._widths = [self._long, self._long]  # of each channel's bands
        self._long_bands = [0, 0]  # how many of them are of long windows
        self._alike = False  # both channels have the same kind of blocks
        self._counts = [0, 0]  # lines of each channel that may be other than 0
        self._totals = [0, 0]  # sums of their magnitudes
        self._delays = [0, -1]
        self.granules = self.concealed = 0
        self.reset()

    def reset(self):
        self._stream.reset()
        for output in self._outputs:
            output.reset()
        self.rate = self.channels = self.version = 0
        self._kind = 0  # of the stream, see `frame.header`
        self._first = True
        self._main_end = 0
        self._granule = self._granules = 0  # of the frame at hand: the next one, and how many it has
        self._bit = -1  # in `_main`, where the next granule begins; -1: it is lost
        self._gap = 0  # granules to be concealed before the frame at hand
        self._usual = 0  # sum of the magnitudes of recent granules, the largest, slowly forgotten
        self._suspect = False  # the code of the granule at hand did not end where it should
        self._caution = 0  # granules still to be looked at with suspicion
        self._bounds = 0  # see `stereo.zero_part`
        self._have = self._start = 0  # samples of the last granule that were not taken yet, and where they begin
        self._drop = 0  # frames left out at the start
        self._left = -1  # frames of the programme still to come, -1: unknown
        self._trimmed = False  # either counts

    @property
    def skipped(self):
        """Bytes so far that belonged to no frame and no tag."""
        return self._stream.skipped

    def feed(self, view, count, start=0):
        """Take bytes `start` to `count` of `view`, as far as there is room; returns how many."""
        return self._stream.feed(view, count, start)

    def finish(self):
        """No bytes follow."""
        self._stream.finish()

    def decode_into(self, out, at, frames):
        """Put at most `frames` frames of int16 into `out` from frame `at` on; returns how many, 0: more bytes are needed, or the end is reached."""
        if not self._have and not self._decode():
            return 0
        n = self._have
        if n > frames:
            n = frames
        if self._pairs:
            n = min(n, LINES // 2)
            interleave(self._pcm, self._outputs[1].pcm, self._start, self._pairs, n)
            to_int16(0, self._pairs, 0, out, 2 * at, 2 * n, self._up)
        else:
            to_int16(0, self._pcm, self._start, out, at, n, self._up)
        self._have -= n
        self._start += n
        return n

    def decode_granule(self, out24):
        """Put what is left of the granule, or the next one, into `out24` as int32 with 1.0 = 2**24; returns frames, 0: more bytes are needed."""
        if not self._have and not self._decode():
            return 0
        n = self._have
        step = len(self._outputs)
        for side in range(step):
            to_int32(self._outputs[side].pcm, self._start, out24, side, n, step, self._up)
        self._have = 0
        return n

    def _decode(self):
        """Decode granules until there are samples to be taken; False when more bytes are needed or all of the programme was decoded."""
        while not self._have:
            if not self._left or (self._granule == self._granules and not self._next_frame()):
                return False
            if self._gap:
                self._gap -= 1
                self._conceal()
            else:
                self._decode_granule(self._granule)
                self._granule += 1
            for output in self._outputs:
                output.synthesise()
            self._start = 0
            self._have = LINES
            if self._trimmed:
                self._trim_granule()
        return True

    def _trim_granule(self):
        dropped = min(self._drop, LINES)
        self._drop -= dropped
        self._start = dropped
        self._have = LINES - dropped
        if self._left >= 0:
            self._have = min(self._have, self._left)
            self._left -= self._have

    def _next_frame(self):
        """Take in the next frame: its header, its side information, its share of the bit reservoir. False when more bytes are needed."""
        stream = self._stream
        fields = stream.fields
        while stream.next():
            if self._first:
                self._first = False
                if self._skip_head():
                    continue
            if stream.kind != self._kind:
                self._kind = stream.kind
                self._main_end = self._totals[1] = 0
                self.rate, self.channels = RATES[fields[RATE]], fields[CHANNELS]
                self._long = self._bands[3 * fields[RATE]]
                self.version = 1 if fields[MPEG1] else 2 if fields[RATE] < 6 else 25
            if stream.damaged:
                self._main_end = 0
                self._caution = _CAUTIOUS
                self._gap = min((stream.damaged + stream.size // 2) // stream.size << fields[MPEG1], _CONCEALED_MAX)
                stream.damaged = 0
            self._granule = 0
            self._granules = 1 + fields[MPEG1]
            self._open(stream.at + 4)
            stream.at += stream.size
            return True
        return False

    def _skip_head(self):
        stream = self._stream
        if not delays(stream.buffer, stream.at, stream.size, stream.fields, self._delays):
            return False
        if self._trim:
            self._drop, self._left = self._delays
            self._trimmed = True
        stream.at += stream.size
        return True

    def _open(self, at):
        """Parse the side information at `at` and append the frame's main data to the reservoir."""
        stream = self._stream
        buffer, fields = stream.buffer, stream.fields
        main, end = self._main, self._main_end
        sound = True
        if fields[PROTECTED]:
            sound = frame.crc(buffer, stream.at, fields[SIDE_BYTES]) == buffer[at] << 8 | buffer[at + 1]
            at += 2
        begin = frame.side_information(buffer, at, fields, self._info, self._layout)
        at += fields[SIDE_BYTES]
        n = stream.at + stream.size - at
        if end + n > _MAIN_BYTES:
            kept = min(end, _RESERVOIR)
            move(main, 0, main, end - kept, kept)
            end = kept
        if begin < 0 or not sound:
            self._caution = _CAUTIOUS
            self._bit = -1
        elif begin > end:
            self._bit = -1
        else:
            self._bit = 8 * (end - begin)
        move(main, end, buffer, at, n)
        self._main_end = end + n

    def _decode_granule(self, granule):
        """From the reservoir to subband samples. What is broken is concealed."""
        channels = self.channels
        left = 2 * granule
        joint = self._stream.fields[STEREO]
        if not self._read(left, granule, channels, joint) or not self._credible():
            self._conceal()
            return
        self.granules += 1
        if self._stereo:
            self._separate(left, channels, joint)
        else:
            self._together(left, channels, joint)

    def _credible(self):
        """False for a granule that is much louder than the usual ones, if damage was found shortly before or its code did not end where it should.

        What is usual grows with each such granule, so that sound that is really louder is heard after a few.
        """
        total = self._totals[0] + self._totals[1]
        usual = self._usual
        if self._caution or self._suspect:
            if self._caution:
                self._caution -= 1
            limit = _LOUDER * max(usual, _FAINT)
            if total > limit:
                self._usual = limit
                return False
        self._usual = total if total > usual else usual - (usual >> _DECAY_BITS)
        return True

    def _read(self, left, granule, channels, joint):
        """Scale factors, Huffman code and requantisation of each channel that is needed; False where the bits run out or break the rules."""
        bit = self._bit
        if bit < 0:
            return False
        fields, main = self._stream.fields, self._main
        counts, totals = self._counts, self._totals
        most = 8 * self._main_end
        self._suspect = False
        intense = joint & 1
        lower = 0
        skip = False
        if channels == 2:
            one, other = self._blocks[left], self._blocks[left + 1]
            self._alike = alike = one[BLOCK] == other[BLOCK] and one[MIXED] == other[MIXED]
            if joint & 2:
                lower = _ROOT_HALF if self._stereo or alike else _ROOT_HALF + _HALF
                skip = alike and not intense and not self._stereo
            elif not self._stereo:
                lower = _HALF
        for channel in range(channels):
            block = self._blocks[left + channel]
            end = bit + block[PART23]
            if end > most:
                return self._broken()
            factors = self._factors[channel]
            share = self._info[4 * INFO + channel] if granule else 0
            bit = scale_factors(main, bit, fields, block, share, channel & intense, factors, SLEN, LSF_COUNTS)
            if bit > end:
                return self._broken()
            if skip and channel:
                counts[1] = totals[1] = 0
                bit = end
                continue
            lines = self._lines[channel]
            widths = self._long
            long_bands = 22
            last = huffman(0, 0, main, bit, end, block, widths, HUFFMAN, ROOTS, LINBITS, lines)
            if last < 0:
                return self._broken()
            if last & INEXACT:
                self._suspect = True
                last ^= INEXACT
            bit = end
            if block[BLOCK] == 2:
                mixed = block[MIXED]
                widths = self._bands[3 * fields[RATE] + (2 if mixed else 1)]
                long_bands = 0 if not mixed else 8 if fields[MPEG1] else 6
            self._widths[channel] = widths
            self._long_bands[channel] = long_bands
            if channel & intense:
                self._bounds = zero_part(lines, block, widths, long_bands, last)
            levels = self._levels[channel]
            totals[channel] = total = requantise(0, lines, block, factors, widths, long_bands, PRETAB, GAINS, POWERS, levels, last, lower)
            if total > _TOTAL_MAX:
                return self._broken()
            counts[channel] = last
        self._bit = bit
        return True

    def _broken(self):
        """The frame at hand breaks the rules: its other granule is lost too."""
        self._bit = -1
        self._caution = _CAUTIOUS
        return False

    def _together(self, left, channels, joint):
        """One output: mix as early as both channels have the same kind of blocks."""
        output = self._outputs[0]
        lines, more = self._lines
        counts, totals = self._counts, self._totals
        widths, long_bands = self._widths, self._long_bands
        apart = channels == 2 and not self._alike
        if apart:
            self._split(left, joint)
            output.keep_levels()
        elif channels == 2:
            if joint & 1:
                self._intensity(left, joint, True)
            elif not joint & 2:
                add(lines, more, counts[1])
            if counts[1] > counts[0]:
                counts[0] = counts[1]
            totals[0] += totals[1]
        output.transform(lines, self._blocks[left], widths[0], long_bands[0], counts[0], totals[0])
        if apart:
            output.mix(more, self._blocks[left + 1], widths[1], long_bands[1], counts[1], totals[1], lines)

    def _split(self, left, joint):
        """Left and right out of joint stereo."""
        counts, totals = self._counts, self._totals
        if joint & 1:
            self._intensity(left, joint, False)
        elif joint:
            middle_side(self._lines[0], self._lines[1], 0, max(counts))
        if joint:
            counts[0] = counts[1] = max(counts)
            totals[0] = totals[1] = totals[0] + totals[1]

    def _separate(self, left, channels, joint):
        """Two outputs."""
        counts, totals = self._counts, self._totals
        if channels == 1:
            move(self._lines[1], 0, self._lines[0], 0, 4 * LINES)
        else:
            self._split(left, joint)
        if joint or channels == 1:
            self._share_levels()
        for side in (0, 1):
            one = side if channels == 2 else 0
            self._outputs[side].transform(
                self._lines[side], self._blocks[left + one], self._widths[one], self._long_bands[one], counts[one], totals[one]
            )

    def _share_levels(self):
        """The sum of both bounds what sums and differences of their lines can be."""
        left, right = self._outputs[0].levels, self._outputs[1].levels
        add(left, right, 33)
        move(right, 0, left, 0, 4 * 33)

    def _intensity(self, left, joint, mono):
        fields = self._stream.fields
        block = self._blocks[left + 1]
        factor = _ONE if not joint & 2 else _ROOT_HALF_Q15 if mono else _ROOT_TWO_Q15
        left_lines, right_lines = self._lines
        if mono:
            joint |= _MONO
        intensity(
            left_lines,
            right_lines,
            block,
            self._factors[1],
            self._widths[1],
            self._long_bands[1],
            INTENSITY,
            fields[MPEG1],
            joint,
            factor,
            self._bounds,
            self._up,
        )

    def _conceal(self):
        """The granule is lost: no lines, so that the one before fades out with its window and the next one fades in."""
        self.concealed += 1
        for output in self._outputs:
            output.conceal()
