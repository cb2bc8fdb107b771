"""Host twins of the firmware's viper kernels, by module and name, bit-equal to them on any input; and the ledger's, which count samples.

kernel                                  host twin                            ledger
audio.gain.scale                        numpy                                silence stays silence, sound stays as it is
audio.codecs.pcm16.copy                 one slice                            the same
audio.codecs.ima_adpcm.decode           table of steps, plain Python         counts frames, writes a mark that is no silence
audio.sources.tone.add_tone             the firmware's own, as Python        moves the phase, writes a mark
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

_INDEX_MAX = 88
_PREDICTOR, _INDEX, _BLOCK, _POSITION, _HIGH, _AT, _END = range(7)
_BROKEN = -1
_MARK = b"\x01\x01" * 8192  # quiet, but no silence


def scale(samples: Any, start: int, end: int, level: int, step: int) -> None:
    """`node.audio.gain.scale`."""
    if end <= start:
        return
    part = np.frombuffer(samples, "<i2")[start:end]
    if level == 0 and step == 0:
        part[:] = 0
        return
    factors = (level + step * np.arange(end - start, dtype=np.int64)) >> 12
    np.clip((part.astype(np.int64) * factors + 8192) >> 14, -32768, 32767, out=part, casting="unsafe")


def copy(target: Any, at: int, source: Any, start: int, n: int) -> None:
    """`node.audio.codecs.pcm16.copy`."""
    target[at : at + n] = source[start : start + n]


def _next_indices() -> list[list[int]]:
    """For each step index and nibble the next index."""
    indices = []
    for index in range(_INDEX_MAX + 1):
        row = []
        for nibble in range(16):
            moved = index + 2 * (nibble & 3) + 2 if nibble & 4 else index - 1
            row.append(max(0, min(_INDEX_MAX, moved)))
        indices.append(row)
    return indices


_NEXT = _next_indices()


@cache
def _differences(steps: tuple[int, ...]) -> list[list[int]]:
    """For each step index and nibble the difference, by the firmware's own steps."""
    differences = []
    for step in steps:
        row = []
        for nibble in range(16):
            size = step >> 3
            size += (step if nibble & 4 else 0) + (step >> 1 if nibble & 2 else 0) + (step >> 2 if nibble & 1 else 0)
            row.append(-size if nibble & 8 else size)
        differences.append(row)
    return differences


def decode(state: Any, steps: Any, source: Any, out: Any, at: int, frames: int) -> int:
    """`node.audio.codecs.ima_adpcm.decode`."""
    differences = _differences(tuple(steps))
    samples = memoryview(out).cast("B").cast("h")
    predictor, index, high = state[_PREDICTOR] - 32768, state[_INDEX], state[_HIGH]
    position, read, end, block = state[_POSITION], state[_AT], state[_END], state[_BLOCK]
    made = 0
    while made < frames:
        if high:
            nibble, high = high - 1, 0
        else:
            if read >= end:
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
                    samples[at + made] = predictor
                    made += 1
                    if position == block:
                        position = 0
                continue
            position += 1
            if position == block:
                position = 0
            nibble, high = octet & 15, (octet >> 4) + 1
        predictor += differences[index][nibble]
        if predictor > 32767:
            predictor = 32767
        elif predictor < -32768:
            predictor = -32768
        index = _NEXT[index][nibble]
        samples[at + made] = predictor
        made += 1
    state[_PREDICTOR], state[_INDEX], state[_HIGH], state[_POSITION], state[_AT] = predictor + 32768, index, high, position, read
    return made


def count_decode(state: Any, steps: Any, source: Any, out: Any, at: int, frames: int) -> int:
    """As many frames as `decode` would make of the same input, each the mark; a bad step index is found, its sample not."""
    position, read, end, block, high = state[_POSITION], state[_AT], state[_END], state[_BLOCK], state[_HIGH]
    made = 0
    while made < frames:
        if high:
            high = 0
            made += 1
            continue
        if read >= end:
            break
        if position < 4:
            if position == 2 and source[read] > _INDEX_MAX:
                return _BROKEN
            position += 1
            read += 1
            if position == 4:
                made += 1
                position = 0 if block == 4 else 4
            continue
        pairs = min(end - read, block - position, (frames - made + 1) // 2)
        read += pairs
        position = (position + pairs) % block
        made += 2 * pairs
        if made > frames:
            made, high = frames, (source[read - 1] >> 4) + 1
    out[2 * at : 2 * (at + made)] = _MARK[: 2 * made]
    state[_HIGH], state[_POSITION], state[_AT] = high, position, read
    return made


def count_scale(samples: Any, start: int, end: int, level: int, step: int) -> None:
    """Silence where `scale` makes silence; other samples stay as they are."""
    if level == 0 and step == 0 and end > start:
        samples[2 * start : 2 * end] = bytes(2 * (end - start))


def count_tone(out: Any, at: int, end: int, state: Any, table: Any) -> None:
    """The mark where `add_tone` adds a tone; the phase moves on as there, the level does not die away."""
    if end > at:
        out[2 * at : 2 * end] = _MARK[: 2 * (end - at)]


_SCALE = "node.audio.gain.scale"
_COPY = "node.audio.codecs.pcm16.copy"
_DECODE = "node.audio.codecs.ima_adpcm.decode"
_TONE = "node.audio.sources.tone.add_tone"
Kernels = dict[str, Callable[..., Any]]
HOST: Kernels = {_SCALE: scale, _COPY: copy, _DECODE: decode}
LEDGER: Kernels = {_SCALE: count_scale, _COPY: copy, _DECODE: count_decode, _TONE: count_tone}
