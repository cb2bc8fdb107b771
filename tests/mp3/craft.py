"""Crafted streams: random main data that is right in every bit, of kinds that no encoder at hand emits."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.mp3 import huffman
from tests.mp3.bands import SCFSI_GROUPS, factor_widths, regions
from tests.mp3.bits import BitWriter
from tests.mp3.header import INTENSITY, JOINT, Header
from tests.mp3.pack import pack
from tests.mp3.side import LONG, SHORT, START, STOP, Granule, Side

_PART_BITS_MAX = 4095
Shape = tuple[int, bool]  # block type, mixed


@dataclass(frozen=True)
class Recipe:
    """What a crafted stream is made of; each granule draws from the tuples.

    `shapes`: drawn for each granule, or with `in_order` taken one after the other; for each channel of it if `apart`. Where encoders would have
    START before SHORT, here it is too: FFmpeg is no judge of the others, since it leaves out what a long window reaches into them. `tables`: of the
    big values. `big`, `quads`: share of the lines that pairs and quadruples cover. `level`: magnitudes fall off towards `1` from at most so
    much. `shift`: added to every global gain, which makes the sound as loud as it should be.
    """

    shapes: tuple[Shape, ...] = ((LONG, False),)
    in_order: bool = False
    apart: bool = False
    tables: tuple[int, ...] = huffman.TABLES
    count1_tables: tuple[int, ...] = (0, 1)
    big: tuple[float, float] = (0.1, 0.5)
    quads: tuple[float, float] = (0.0, 0.3)
    level: int = 40
    compress: tuple[int, ...] = tuple(range(16))
    scales: tuple[int, ...] = (0, 1)
    preflags: tuple[int, ...] = (0, 1)
    subblock_gains: tuple[int, ...] = (0, 1, 3, 7)
    gains: tuple[int, ...] = (200, 204, 207, 210)
    scfsi: tuple[int, ...] = tuple(range(16))
    right_share: float = 1.0  # of the lines, in the right channel: what lies above is intensity's
    extensions: tuple[int, ...] = (0,)
    shift: int = 0
    header: Callable[[Header, int], Header] = field(default=lambda header, number: header)  # changes the header from frame to frame


ALL_SHAPES: tuple[Shape, ...] = ((LONG, False), (START, False), (SHORT, False), (STOP, False), (SHORT, True), (START, True), (STOP, True))
SWITCHES: tuple[Shape, ...] = ((LONG, False), (START, False), (SHORT, False), (SHORT, False), (STOP, False))


def crafted(header: Header, recipe: Recipe, frames: int, seed: int, reservoir: bool = True) -> bytes:
    """A stream of so many frames."""
    return pack(_pieces(header, recipe, frames, random.Random(seed)), reservoir)


def _pieces(header: Header, recipe: Recipe, frames: int, chance: random.Random) -> Iterator[tuple[Header, Side, bytes]]:
    room, number = 0, 0
    shapes = [(LONG, False)] * header.channels
    for frame in range(frames):
        current = recipe.header(header.with_(extension=chance.choice(recipe.extensions)), frame)
        reach = 255 if header.lsf else 511
        room = min(room, reach) + current.main_bytes
        side, bits = Side(), BitWriter()
        factors: list[list[int]] = [[], []]
        for granule_number in range(current.granules):
            wanted = [recipe.shapes[number % len(recipe.shapes)] if recipe.in_order else chance.choice(recipe.shapes) for _ in shapes]
            shapes = [_allowed(before, wanted[channel if recipe.apart else 0]) for channel, before in enumerate(shapes)]
            number += 1
            side.granules.append([])
            for channel in range(current.channels):
                left = current.granules * current.channels - granule_number * current.channels - channel
                limit = min(_PART_BITS_MAX, (8 * room - len(bits)) // left)
                part, granule = _granule(current, recipe, shapes[channel], channel, chance, factors, side, limit)
                side.granules[-1].append(granule)
                bits.put_text(part)
        main = bits.octets()
        room -= len(main)
        yield current, side, main


def _allowed(before: Shape, wanted: Shape) -> Shape:
    """`wanted`, or the START that must stand before it."""
    short_window_before = before[0] in (START, SHORT) and (wanted[1] or not before[1])  # in all subbands where this one has short windows
    return wanted if wanted[0] != SHORT or short_window_before else (START, wanted[1])


def _granule(
    header: Header,
    recipe: Recipe,
    shape: Shape,
    channel: int,
    chance: random.Random,
    factors: list[list[int]],
    side: Side,
    limit: int,
) -> tuple[str, Granule]:
    """Part 2 and 3 and what the side information says of them, in at most `limit` bits."""
    intensity = header.mode == JOINT and bool(header.extension & INTENSITY) and channel == 1
    shorter = 1.0
    while True:
        granule = _choose(header, recipe, shape, intensity, chance)
        bits = BitWriter()
        mine = _put_factors(bits, header, granule, intensity, channel, chance, factors, side, recipe)
        _put_values(bits, header, recipe, granule, channel, chance, shorter)
        if len(bits) <= limit:
            break
        shorter *= 0.7
        if len(side.granules) == 2:
            side.scfsi[channel] = 0
        if shorter < 0.01:
            granule, bits, mine = Granule(), BitWriter(), [0] * 21
            break
    factors[channel] = mine if granule.block_type != SHORT else []
    granule.part2_3_length = len(bits)
    granule.global_gain = max(0, min(255, granule.global_gain + recipe.shift))
    return bits.text, granule


def _choose(header: Header, recipe: Recipe, shape: Shape, intensity: bool, chance: random.Random) -> Granule:
    granule = Granule(block_type=shape[0], mixed=shape[1])
    granule.global_gain = chance.choice(recipe.gains)
    compress = recipe.compress if not header.lsf else tuple(range(512))
    if intensity and not header.lsf:
        compress = tuple(code for code in compress if code < 14)  # no more than 3 bits for a position
    granule.scalefac_compress = chance.choice(compress)
    while intensity and header.lsf and not {1, 2, 3, 4}.issuperset(factor_widths(header, granule, intensity)):
        granule.scalefac_compress = chance.choice(compress)  # of positions with no bits decoders think differently, and FFmpeg knows 16
    granule.tables = (chance.choice(recipe.tables), chance.choice(recipe.tables), chance.choice(recipe.tables))
    granule.region0_count = chance.randrange(16)
    granule.region1_count = chance.randrange(8)
    if granule.block_type == SHORT:
        granule.subblock_gain = tuple(chance.choice(recipe.subblock_gains) for _ in range(3))  # type: ignore[assignment]
    granule.preflag = 0 if header.lsf or granule.block_type == SHORT else chance.choice(recipe.preflags)
    granule.scalefac_scale = chance.choice(recipe.scales)
    granule.count1_table = chance.choice(recipe.count1_tables)
    return granule


def _put_factors(
    bits: BitWriter,
    header: Header,
    granule: Granule,
    intensity: bool,
    channel: int,
    chance: random.Random,
    factors: list[list[int]],
    side: Side,
    recipe: Recipe,
) -> list[int]:
    """Scale factors or intensity positions; in the second granule of a frame some are the first one's."""
    widths = factor_widths(header, granule, intensity)
    shared: set[int] = set()
    if len(side.granules) == 2 and granule.block_type != SHORT and len(factors[channel]) == len(widths):
        side.scfsi[channel] = chance.choice(recipe.scfsi)
        shared = {
            band for group, (first, last) in enumerate(SCFSI_GROUPS) if side.scfsi[channel] & 8 >> group for band in range(first, last)
        }
    values = []
    for band, width in enumerate(widths):
        if band in shared:
            values.append(factors[channel][band])
            continue
        most = (1 << width) - 1
        if intensity and header.lsf and most:
            most -= 1  # the largest marks a band that is not intensity's
        values.append(chance.randint(0, most))
        bits.put(values[-1], width)
    return values


def _put_values(
    bits: BitWriter, header: Header, recipe: Recipe, granule: Granule, channel: int, chance: random.Random, shorter: float
) -> None:
    lines = 576 * (recipe.right_share if channel else 1.0) * shorter
    big = min(288, int(lines * chance.uniform(*recipe.big)) // 2)
    quads = min((576 - 2 * big) // 4, int(lines * chance.uniform(*recipe.quads)) // 4)
    granule.big_values = big
    bounds = regions(header, granule)
    for pair in range(big):
        line = 2 * pair
        table = granule.tables[0 if line < bounds[0] else 1 if line < bounds[1] else 2]
        most = min(huffman.largest(table), max(1, round(recipe.level * (1 - line / 576) ** 4)))
        huffman.put_pair(bits, table, [_value(chance, most) for _ in range(2)])
    for _ in range(quads):
        huffman.put_quad(bits, granule.count1_table, [chance.randint(-1, 1) for _ in range(4)])


def _value(chance: random.Random, most: int) -> int:
    """Small ones are likelier, the largest one is not rare."""
    if chance.random() < 0.03:
        return chance.choice((-most, most))
    return round(chance.triangular(-most, most, 0))
