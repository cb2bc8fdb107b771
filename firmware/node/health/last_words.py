"""Carries one word over a reset in `machine.RTC.memory()`: the task for which the watchdog ends this run, told at the next boot.

The memory has no checksum and after power-on holds anything, so the word comes with its own.
"""

import binascii

from micropython import const

_LONGEST = const(32)
_CRC_BYTES = const(4)


def leave(rtc, word):
    """Keep `word`, at most 32 bytes, in the memory of `rtc`."""
    text = word.encode()[:_LONGEST]
    rtc.memory(text + _crc(text))


def take(rtc):
    """The word that the run before left, or None; it is gone then."""
    memory = bytes(rtc.memory())
    rtc.memory(b"")
    text = memory[:-_CRC_BYTES]
    return text.decode() if text and memory[-_CRC_BYTES:] == _crc(text) else None


def _crc(text):
    return binascii.crc32(text).to_bytes(_CRC_BYTES, "little")
