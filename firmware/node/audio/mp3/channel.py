"""The filterbanks of one output channel with all that they remember: from 576 lines to 576 samples."""

from array import array

from micropython import const

from node.audio.mp3 import tables
from node.audio.mp3.dct32 import dct32
from node.audio.mp3.frame import BLOCK, INFO, MIXED
from node.audio.mp3.hybrid import add, clear, finish, overlap_long, overlap_short, overlap_wide, plan, reduce_alias, reorder, widen
from node.audio.mp3.imdct import dct_long, dct_short
from node.audio.mp3.window import move_on, window

LINES = 576
_LOUD = const(85000)  # sum of the magnitudes of two granules' lines from which X can leave +-2.6, Q.15


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
        rotations = memoryview(tables.ROTATIONS)
        self.rotations = (rotations[0:288], rotations[288:576], b"", rotations[576:864])


class Channel:
    """Call `transform` for the lines of a granule, once more with `more` where a second set is to be mixed in, then `synthesise`."""

    def __init__(self, shared):
        self._shared = shared
        self.pcm = cells(LINES + 3)  # Q5.26; `to_int16` may read three more
        self.levels = cells(33)  # sums of the magnitudes of lines by subband, Q.21
        self._samples = cells(LINES)  # 18 vectors of 32, Q11.20
        self._past = cells(LINES)
        self._wide = bytearray(32)
        self._rows = cells(32 * 87)
        self._more_wide = bytearray(32)
        self.reset()

    def reset(self):
        clear(self._past, LINES)
        clear(self._rows, 32 * 87)
        clear(self.levels, 33)
        for k in range(32):
            self._wide[k] = 0
        self._past_subbands = 0
        self._past_total = 0
        self._total = 0

    def transform(self, lines, info, widths, long_bands, last, total):
        """IMDCT and overlap of `lines`, of which the first `last` may be other than 0; they are used up. `info`: a block of side information,
        `widths`: of its bands, `total`: sum of magnitudes, Q.15."""
        self._hybrid(lines, info, widths, long_bands, last, self._past, self._wide, self._samples)
        self._total += total

    def mix(self, lines, info, widths, long_bands, last, total, free):
        """As `transform`, for lines of another block type that are added. `free`: 576 cells for the time being."""
        subbands = self._past_subbands
        clear(self.pcm, LINES)  # nothing of it is left to be played now: it is the second past
        for k in range(32):
            self._more_wide[k] = 0
        self._past_subbands = 0
        self._hybrid(lines, info, widths, long_bands, last, self.pcm, self._more_wide, free)
        add(self._samples, free, LINES)
        widen(self._past, self._wide, 32, self._shared.up)
        widen(self.pcm, self._more_wide, 32, self._shared.up)
        add(self._past, self.pcm, LINES)
        self._past_subbands = max(subbands, self._past_subbands)
        self._total += total

    def conceal(self):
        """Go on without lines."""
        shared = self._shared
        clear(self.levels, 33)
        clear(shared.spare, LINES)
        self._hybrid(shared.spare, shared.silence, tables.BANDS, 22, 0, self._past, self._wide, self._samples)

    def synthesise(self):
        """Make 576 samples of what was transformed, in `pcm`."""
        shared = self._shared
        loud = 1 if self._total + self._past_total > _LOUD else 0
        self._past_total = self._total
        self._total = 0
        dct32(0, self._samples, self._rows, 18, loud, shared.up)
        window(0, self._rows, self._rows, self.pcm, tables.WINDOW, shared.up)
        move_on(0, self._rows)

    def _hybrid(self, lines, info, widths, long_bands, last, past, wide, samples):
        shared = self._shared
        up = shared.up
        kind = info[BLOCK]
        mixed = info[MIXED]
        subbands = (last + 17) // 18
        long_subbands = 32
        boundaries = min(subbands, 31)
        if kind == 2:
            long_subbands = 2 if mixed else 0
            boundaries = 1 if mixed and last else 0
            if last:
                subbands = 32
                reorder(lines, shared.spare, widths, long_bands, LINES)
                lines = shared.spare
        if boundaries:
            reduce_alias(0, lines, self.levels, tables.ALIAS, boundaries, up)
            if kind != 2:
                subbands = min(subbands + 1, 32)
        count = max(subbands, self._past_subbands)
        self._past_subbands = subbands
        first_short = min(long_subbands, count)
        flags, high, levels = shared.flags, shared.high, self.levels
        if first_short:
            force = 1 if kind and kind != 2 and not mixed else 0
            loud = plan(lines, high, levels, flags, wide, force, boundaries, 0, first_short, up)
            dct_long(0, lines, flags, 1, 0, first_short)
            overlap_long(0, 0, lines, past, samples, flags, tables.QUIET_ROTATIONS, 0, first_short, up)
            if loud:
                dct_long(0, high, flags, 2, 0, first_short)
                overlap_wide(
                    lines, high, past, samples, levels, flags, wide, shared.rotations[0 if kind == 2 else kind], 0, first_short, up
                )
        if first_short < count:
            plan(lines, high, levels, flags, wide, 1, 0, first_short, count, up)
            dct_short(0, lines, first_short, count)
            dct_short(0, high, first_short, count)
            overlap_short(lines, high, past, samples, wide, tables.SHORT_WINDOW, shared.work, first_short, count, up)
        finish(samples, levels, count)
