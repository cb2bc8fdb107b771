"""Sine tones by whole numbers: what chime and siren are made of."""

import math
from array import array

import micropython
from micropython import const

_QUARTER = const(64)  # steps of a quarter turn
_TURN_BITS = const(24)  # a phase is Q0.24 of a turn

# What lies where in the kernel's state. Nothing there is negative: a ptr32 load is signed on the chip and unsigned on 64 bits.
PHASE = 0  # Q0.24 of a turn
STEP = 1  # phase per frame, Q0.24
STEP_CHANGE = 2  # by which STEP grows each frame, modulo 2**24
LEVEL = 3  # amplitude of 0..32767 with 14 bits below the point
DECAY = 4  # LEVEL loses its 2**DECAY-th part each frame; STEADY: nothing
STATE_CELLS = 5

STEADY = 31
LEVEL_BITS = 14

_PHASE = const(0)
_STEP = const(1)
_STEP_CHANGE = const(2)
_LEVEL = const(3)
_DECAY = const(4)


def quarter_sine():
    """sin of 0 to 90 degrees in 64 steps and one beyond for interpolation, Q0.15."""
    return array("H", [round(32767 * math.sin(math.pi / 2 * step / _QUARTER)) for step in range(_QUARTER + 1)] + [32767])


def modulo(step):
    """A step of either sign as the kernel's state holds it."""
    return step & (1 << _TURN_BITS) - 1


def step_of(hertz, rate):
    """Phase per frame of a tone, Q0.24 of a turn."""
    return (hertz << _TURN_BITS) // rate


def decay_of(milliseconds, rate):
    """DECAY of a tone that falls to 1/e in at most so long, and in no less than half of it."""
    decay = 0
    while 2 << decay <= rate * milliseconds // 1000:
        decay += 1
    return decay


@micropython.viper
def add_tone(out: ptr16, at: int, end: int, state: ptr32, table: ptr16):
    """Add a sine to the int16 frames `at` to `end` of `out`, saturating, and move `state` on.

    The sine is read from the quarter-wave `table` (66 cells) with linear interpolation: 8 bits of phase choose quadrant and cell, 8 more lie between
    two cells. Products stay below 32767 * 32767 < 2**30.
    """
    phase = state[_PHASE]
    step = state[_STEP]
    level = state[_LEVEL]
    change = state[_STEP_CHANGE]
    decay = state[_DECAY]
    i = at
    while i < end:
        within = phase & 0x3FFFFF
        if phase & 0x400000:
            within = 0x400000 - within
        cell = within >> 16
        value = table[cell] + ((table[cell + 1] - table[cell]) * (within >> 8 & 0xFF) >> 8)
        value = value * (level >> 14) >> 15
        if phase & 0x800000:
            value = 0 - value
        value += (out[i] ^ 0x8000) - 0x8000
        if value > 32767:
            value = 32767
        elif value < -32768:
            value = -32768
        out[i] = value
        phase = phase + step & 0xFFFFFF
        step = step + change & 0xFFFFFF
        level -= level >> decay
        i += 1
    state[_PHASE] = phase
    state[_STEP] = step
    state[_LEVEL] = level
