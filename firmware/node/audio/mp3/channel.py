"""The filterbanks of one output channel with all that they remember: from 576 lines to 576 samples."""

from array import array

from micropython import const

from node.audio.mp3.dct32 import dct32
from node.audio.mp3.frame import BLOCK, INFO, MIXED
from node.audio.mp3.hybrid import add, clear, finish, move, overlap_long, overlap_short, overlap_wide, plan, reduce_alias, reorder, widen
from node.audio.mp3.imdct import dct_long, dct_short
from node.audio.mp3.output import limit
from node.audio.mp3.tables import ALIAS, BANDS, QUIET_ROTATIONS, ROTATIONS, SHORT_WINDOW, WINDOW
from node.audio.mp3.window import window

LINES = 576
_LOUDEST = const((1 << 30) - 1)  # no sample that can be heard is louder


def cells(n):
    return array("i", [0] * n)


class Shared:
    """Buffers that channels use one after the other. `up`: 32 where a machine word has 64 bits, else 0 (see any kernel)."""

    def __init__(self, up):
        self.up = up
        self.high = cells(LINES)
        self.spare = cells(LINES)
        self.silence = cells(INFO)
        self.flags = bytearray(32)
        self.work = cells(36)
        rotations = memoryview(ROTATIONS)
        self.rotations = (rotations[0:288], rotations[288:576], b"", rotations[576:864])


class Channel:
    """Call `transform` for the lines of a granule, `mix` for a second set that is added (and `keep_levels` before both), then `synthesise`."""

    def __init__(self, shared):
        self._shared = shared
        self.pcm = cells(LINES + 3)  # Q5.26; `to_int16` may read three more
        self.levels = cells(33)  # sums of the magnitudes of lines by subband, Q.21
        self._samples = cells(LINES)  # 18 vectors of 32, Q11.20
        self._past = cells(LINES)
        self._wide = bytearray(32)
        self._rows = cells(32 * 87)
        self._more_wide = bytearray(32)
        self._kept_levels = cells(33)
        self.reset()

    def reset(self):
        clear(self._past, LINES)
        clear(self._rows, 32 * 87)
        clear(self.levels, 33)
        clear(self.pcm, LINES)
        for k in range(32):
            self._wide[k] = 0
        self._past_subbands = 0
        self._ceiling = -1  # of a concealed granule, what it must not exceed
        self._past_total = 0
        self._total = 0

    def transform(self, lines, info, widths, long_bands, last, total):
        """IMDCT and overlap of `lines`, of which the first `last` may be other than 0; they are used up. `info`: a block of side information,
        `widths`: of its bands, `total`: sum of magnitudes, Q.15."""
        self._total += total
        shared = self._shared
        up = shared.up
        levels = self.levels
        kind = info[BLOCK]
        mixed = info[MIXED]
        subbands = boundaries = (last + 17) // 18
        if kind == 2:
            if last:
                boundaries = 1 if mixed else 0
                subbands = 32
                reorder(lines, shared.spare, widths, long_bands, LINES)
                lines = shared.spare
        elif subbands == 32:
            boundaries = 31
        if boundaries:
            reduce_alias(0, lines, levels, ALIAS, boundaries, up)
            if subbands < 32:
                subbands += 1
        count = self._past_subbands
        self._past_subbands = subbands
        if subbands > count:
            count = subbands
        if kind != 2 and not mixed:
            self._long(lines, kind, boundaries, 0, count)
        else:  # where blocks are mixed the two lowest subbands have the window of long blocks
            first = min(2, count) if mixed else 0
            if first:
                self._long(lines, 0, boundaries, 0, first)
            if kind == 2:
                high = shared.high
                plan(lines, high, levels, shared.flags, self._wide, 1, 0, first, count, up)
                dct_short(0, lines, first, count)
                dct_short(0, high, first, count)
                overlap_short(lines, high, self._past, self._samples, self._wide, SHORT_WINDOW, shared.work, first, count, up)
            else:
                self._long(lines, kind, boundaries, first, count)
        finish(self._samples, levels, count)

    def keep_levels(self):
        """What is transformed next is the first of two sets, whose levels are those of both."""
        move(self._kept_levels, 0, self.levels, 0, 4 * 33)

    def mix(self, lines, info, widths, long_bands, last, total, free):
        """As `transform`, for lines of another block type that are added. `free`: 576 cells for the time being."""
        subbands = self._past_subbands
        past, wide, samples = self._past, self._wide, self._samples
        clear(self.pcm, LINES)  # nothing of it is left to be played now: it is the second past
        for k in range(32):
            self._more_wide[k] = 0
        self._past_subbands = 0
        move(self.levels, 0, self._kept_levels, 0, 4 * 33)
        self._past, self._wide, self._samples = self.pcm, self._more_wide, free
        self.transform(lines, info, widths, long_bands, last, total)
        self._past, self._wide, self._samples = past, wide, samples
        add(samples, free, LINES)
        widen(past, wide, 32, self._shared.up)
        widen(self.pcm, self._more_wide, 32, self._shared.up)
        add(past, self.pcm, LINES)
        self._past_subbands = max(subbands, self._past_subbands)

    def conceal(self):
        """Go on without lines; what comes out will be no louder than the granule before."""
        shared = self._shared
        self._ceiling = limit(self.pcm, _LOUDEST, LINES, shared.up)
        clear(self.levels, 33)
        clear(shared.spare, LINES)
        self.transform(shared.spare, shared.silence, BANDS, 22, 0, 0)

    def synthesise(self):
        """Make 576 samples of what was transformed, in `pcm`."""
        up = self._shared.up
        rows = self._rows
        total = self._total
        dct32(0, self._samples, rows, total + self._past_total, up)
        self._past_total = total
        self._total = 0
        window(0, rows, rows, self.pcm, WINDOW, up)
        if self._ceiling >= 0:
            limit(self.pcm, self._ceiling, LINES, up)
            self._ceiling = -1

    def _long(self, lines, kind, aliased, first, last):
        """IMDCT and overlap of the subbands `first` to `last` (excluded) with the window of block type `kind`."""
        shared = self._shared
        up, high, flags = shared.up, shared.high, shared.flags
        loud = plan(lines, high, self.levels, flags, self._wide, kind, aliased, first, last, up)
        dct_long(0, lines, flags, 1, first, last)
        overlap_long(0, 0, lines, self._past, self._samples, flags, QUIET_ROTATIONS, first, last, up)
        if loud:
            dct_long(0, high, flags, 2, first, last)
            overlap_wide(lines, high, self._past, self._samples, self.levels, flags, self._wide, shared.rotations[kind], first, last, up)
