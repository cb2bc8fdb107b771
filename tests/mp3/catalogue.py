"""The streams that the decoder is held against FFmpeg with: every version, rate, mode, kind of block and rate class. Made anew each time, always the same."""

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from tests.mp3 import lame, tags
from tests.mp3.craft import ALL_SHAPES, SWITCHES, Recipe, crafted
from tests.mp3.header import DUAL, FREE, INTENSITY, JOINT, MONO, MPEG1, MPEG2, MPEG25, MS, STEREO, Header, frames
from tests.mp3.judge import Sound, decode_file, decode_stream
from tests.mp3.pack import pack, unpack
from tests.mp3.side import LONG, SHORT

_PEAK = 0.8
_FIRST_SHIFT = -50  # low enough that the sound stays within what FFmpeg computes with


@dataclass(frozen=True)
class Stream:
    """`wanted` is the sound of all channels as FFmpeg has it; `trim`: tags' delay and padding are taken off."""

    name: str
    content: bytes
    wanted: Sound
    trim: bool = False


def names() -> list[str]:
    return list(_MAKERS)


def make(name: str) -> Stream:
    """The stream of that name."""
    return _MAKERS[name](name)


def streams() -> Iterator[Stream]:
    for name in _MAKERS:
        yield make(name)


def _encoded(rate: int, channels: int, kbits: int, level: float = 0.6, **options: str) -> Callable[[str], Stream]:
    def made(name: str) -> Stream:
        content = lame.stream(lame.sounds(rate, 1.5, channels, _seed(name), level), rate, kbits, **options)
        return Stream(name, content, decode_stream(content))

    return made


def _full_scale(rate: int, channels: int, kbits: int, frequency: int, square: bool = False) -> Callable[[str], Stream]:
    """A sine or square of peak 1.0 on all channels: what a factor is wrong by comes out at its largest."""

    def made(name: str) -> Stream:
        tone = np.sin(2 * np.pi * frequency * np.arange(round(1.5 * rate)) / rate)
        content = lame.stream(np.array([np.sign(tone) if square else tone] * channels), rate, kbits)
        return Stream(name, content, decode_stream(content))

    return made


def _tagged(rate: int, channels: int, kbits: int, quality: float | None, before: bytes, behind: bytes) -> Callable[[str], Stream]:
    def made(name: str) -> Stream:
        sound = lame.sounds(rate, 1.5, channels, _seed(name))
        content = before + lame.file(sound, rate, kbits, quality, id3v2_version="0" if before else "4") + behind
        return Stream(name, content, decode_file(content), trim=True)

    return made


def _with_vbri(name: str) -> Stream:
    content = lame.stream(lame.sounds(44100, 1.5, 2, _seed(name)), 44100, 128)
    found = list(frames(content))
    return Stream(name, tags.vbri(found[0][0].with_(padding=0), len(found), len(content)) + content, decode_stream(content), trim=True)


def _repacked(
    rate: int, channels: int, kbits: int, judged: Callable[[Header], Header], given: Callable[[Header], Header]
) -> Callable[[str], Stream]:
    """LAME's main data in other frames: `judged` for FFmpeg, `given` for the decoder under test. They must sound the same."""

    def made(name: str) -> Stream:
        content = lame.stream(lame.sounds(rate, 1.5, channels, _seed(name)), rate, kbits)
        pieces = unpack(frames(content))
        wanted = decode_stream(pack([(judged(header), side, main) for header, side, main in pieces]))
        return Stream(name, pack([(given(header), side, main) for header, side, main in pieces]), wanted)

    return made


def _random(header: Header, recipe: Recipe, count: int = 24, reservoir: bool = True, heard: float = _PEAK) -> Callable[[str], Stream]:
    """A crafted stream whose loudest sample is about `heard`."""

    def made(name: str) -> Stream:
        seed = _seed(name)
        shift = _FIRST_SHIFT
        for _ in range(3):
            content = crafted(header, replace(recipe, shift=shift), count, seed, reservoir)
            wanted = decode_stream(content)
            shift += math.floor(4 * math.log2(heard / float(np.max(np.abs(wanted)))))
        return Stream(name, content, wanted)

    return made


def _seed(name: str) -> int:
    return zlib.crc32(name.encode())


def _same(header: Header) -> Header:
    return header


def _rates_change(header: Header, number: int) -> Header:
    return header.with_(kbits=(32, 320, 64, 192, 128)[number % 5], padding=number % 3 == 0)


def _free_format(header: Header) -> Header:
    return header.with_(kbits=FREE, free_bytes=header.with_(padding=0).frame_bytes + 13)


def _crafted() -> dict[str, Callable[[str], Stream]]:
    """One of each rate with all shapes of blocks, and one for each thing that LAME leaves out."""
    found = {}
    for version, rate, kbits in (
        (MPEG1, 44100, 128),
        (MPEG1, 48000, 160),
        (MPEG1, 32000, 96),
        (MPEG2, 22050, 64),
        (MPEG2, 24000, 48),
        (MPEG2, 16000, 40),
        (MPEG25, 11025, 32),
        (MPEG25, 12000, 40),
        (MPEG25, 8000, 64),
    ):
        unmixed = tuple(shape for shape in ALL_SHAPES if not shape[1])
        found[f"all-blocks-{rate}-mono"] = _random(Header(version, rate, kbits, MONO), Recipe(unmixed))
    one = Header(MPEG1, 44100, 192, MONO)
    two = Header(MPEG1, 44100, 256, JOINT)
    low = Header(MPEG2, 24000, 128, JOINT)
    everywhere = {"shapes": tuple(shape for shape in ALL_SHAPES if not shape[1])}
    return found | {
        "mixed-blocks-44100": _random(one, Recipe(((SHORT, True), (LONG, False)))),
        "mixed-blocks-24000": _random(Header(MPEG2, 24000, 96, MONO), Recipe(((SHORT, True),))),
        "blocks-apart-44100-stereo": _random(Header(MPEG1, 44100, 256, STEREO), Recipe(ALL_SHAPES, apart=True)),
        "blocks-apart-22050-ms": _random(Header(MPEG2, 22050, 128, JOINT), Recipe(SWITCHES, apart=True, extensions=(MS, 0))),
        "switching-48000-stereo": _random(Header(MPEG1, 48000, 192, STEREO), Recipe(SWITCHES, in_order=True)),
        "short-subblock-gain-32000": _random(Header(MPEG1, 32000, 160, MONO), Recipe(((SHORT, False),), subblock_gains=tuple(range(8)))),
        "ms-44100": _random(two, Recipe(**everywhere, extensions=(MS, 0))),
        "intensity-44100-long": _random(two, Recipe(extensions=(INTENSITY,), right_share=0.4)),
        "intensity-44100-short": _random(two, Recipe(((SHORT, False),), extensions=(INTENSITY,), right_share=0.4)),
        "intensity-ms-48000": _random(
            Header(MPEG1, 48000, 256, JOINT), Recipe(**everywhere, extensions=(INTENSITY | MS, MS, 0), right_share=0.4)
        ),
        "ms-24000": _random(low, Recipe(**everywhere, extensions=(MS, 0))),
        "intensity-24000": _random(low, Recipe(extensions=(INTENSITY,), right_share=0.4)),
        "intensity-22050-short": _random(
            Header(MPEG2, 22050, 128, JOINT), Recipe(((SHORT, False),), extensions=(INTENSITY,), right_share=0.4)
        ),
        "intensity-ms-8000": _random(Header(MPEG25, 8000, 96, JOINT), Recipe(extensions=(INTENSITY | MS, INTENSITY), right_share=0.3)),
        "dual-32000": _random(Header(MPEG1, 32000, 192, DUAL), Recipe(**everywhere)),
        "escapes-44100": _random(Header(MPEG1, 44100, 320, MONO), Recipe(tables=(21, 22, 23, 29, 30, 31), level=8206, big=(0.05, 0.3))),
        "ones-only-44100": _random(one, Recipe(tables=(0, 1), level=1, big=(0.0, 0.2), quads=(0.3, 0.8))),
        "scale-factors-shared-48000": _random(
            Header(MPEG1, 48000, 192, MONO), Recipe(compress=(11, 12, 13, 14, 15), scfsi=tuple(range(16)))
        ),
        "pre-emphasis-44100": _random(one, Recipe(preflags=(1,), scales=(1,), compress=(14, 15))),
        "rates-change-44100": _random(one, Recipe(**everywhere, header=_rates_change)),
        "reservoir-none-44100": _random(one, Recipe(**everywhere), reservoir=False),
        "checked-44100": _random(one.with_(crc=True), Recipe(**everywhere)),
        "checked-24000-stereo": _random(Header(MPEG2, 24000, 96, STEREO, crc=True), Recipe(**everywhere)),
        "beyond-full-scale-44100": _random(one, Recipe(**everywhere), heard=1.6),
        "faint-44100": _random(one, Recipe(**everywhere), heard=0.001),
        "loud-and-faint-44100": _random(one, Recipe(**everywhere, gains=(130, 150, 170, 210))),
    }


_MAKERS: dict[str, Callable[[str], Stream]] = {
    "lame-24000-mono-48": _encoded(24000, 1, 48),
    "lame-44100-joint-128": _encoded(44100, 2, 128),
    "lame-44100-stereo-192": _encoded(44100, 2, 192, joint_stereo="0"),
    "lame-44100-joint-320": _encoded(44100, 2, 320),
    "lame-44100-joint-no-reservoir": _encoded(44100, 2, 128, reservoir="0"),
    "lame-48000-mono-64": _encoded(48000, 1, 64),
    "lame-48000-joint-average": _encoded(48000, 2, 112, abr="1"),
    "lame-32000-joint-96": _encoded(32000, 2, 96),
    "lame-22050-joint-56": _encoded(22050, 2, 56),
    "lame-24000-stereo-160": _encoded(24000, 2, 160, joint_stereo="0"),
    "lame-16000-mono-24": _encoded(16000, 1, 24),
    "lame-12000-mono-16": _encoded(12000, 1, 16),
    "lame-11025-joint-32": _encoded(11025, 2, 32),
    "lame-8000-mono-8": _encoded(8000, 1, 8),
    "lame-44100-loud": _encoded(44100, 2, 128, 1.0),
    "lame-44100-faint": _encoded(44100, 2, 128, 0.0005),
    "sine-1000-24000-mono": _full_scale(24000, 1, 48, 1000),
    "sine-7000-24000-mono": _full_scale(24000, 1, 48, 7000),
    "sine-440-44100-joint": _full_scale(44100, 2, 128, 440),
    "sine-3150-44100-joint": _full_scale(44100, 2, 128, 3150),
    "sine-10878-44100-mono": _full_scale(44100, 1, 320, 10878),
    "sine-997-48000-joint": _full_scale(48000, 2, 192, 997),
    "square-60-24000-mono": _full_scale(24000, 1, 48, 60, square=True),
    "square-1000-24000-mono": _full_scale(24000, 1, 48, 1000, square=True),
    "square-441-44100-joint": _full_scale(44100, 2, 128, 441, square=True),
    "square-60-48000-joint": _full_scale(48000, 2, 192, 60, square=True),
    "file-44100-constant": _tagged(44100, 2, 128, None, b"", tags.id3v1(b"constant")),
    "file-44100-variable": _tagged(44100, 2, 128, 2.0, b"", b""),
    "file-24000-variable-mono": _tagged(24000, 1, 48, 5.0, b"", b""),
    "file-44100-all-tags": _tagged(
        44100, 1, 64, None, tags.id3v2(bytes(range(32, 127)) * 20, 77), tags.ape(b"title") + tags.id3v1(b"tags")
    ),
    "file-44100-vbri": _with_vbri,
    "lame-44100-dual": _repacked(
        44100, 2, 192, lambda header: header.with_(mode=DUAL, extension=0), lambda header: header.with_(mode=DUAL, extension=0)
    ),
    "free-format-44100": _repacked(44100, 2, 128, _same, _free_format),
    "free-format-24000-mono": _repacked(24000, 1, 48, _same, _free_format),
    "lame-44100-checked": _repacked(44100, 2, 128, _same, lambda header: header.with_(crc=True, kbits=160)),
} | _crafted()
