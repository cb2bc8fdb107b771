"""MP3 files from any position: the frame where they begin, how much is dropped, how long they are; and what is wrong with them."""

import json
import os
import random

from support_audio import HERE, all_of

from node.audio.mp3.frames import Finder, Header, id3v2_bytes, tag_of
from node.audio.sources.mp3 import Mp3File
from node.audio.wav import MP3
from node.refusal import LENGTH, NOT_AUDIO, Refused

FOLDER = HERE + "/../vectors/mp3/"
ROUNDS = 150
STARTS_MS = (0, 1, 24, 333, 500, 601, 2000)


def _vectors():
    with open(FOLDER + "vectors.json") as file:
        return json.load(file)


def _content(name):
    with open(FOLDER + name, "rb") as file:
        return file.read()


async def _code_of(content):
    path = "/tmp/audio-{:08x}.mp3".format(int.from_bytes(os.urandom(4), "big"))
    with open(path, "wb") as file:
        file.write(content)
    source = Mp3File(path)
    try:
        await all_of(source, 700)
    except Refused as refused:
        return refused.code
    finally:
        source.close()
        os.remove(path)
    raise AssertionError("not refused")


def _frames_in(content, free=0):
    """Frames of a stream that begins with one. `free`: bytes of one of free format without padding."""
    header = Header()
    header.free = free
    at = count = 0
    while at + 4 <= len(content) and header.read(content, at) and at + header.size <= len(content):
        at += header.size
        count += 1
    return count, header.samples


async def test_positions_are_exact_to_the_frame():
    vectors = _vectors()
    assert len(vectors) >= 4
    for name in vectors:
        about = vectors[name]
        if not about["told"]:
            continue
        whole = Mp3File(FOLDER + name)
        sound = await all_of(whole)
        frames, samples = _frames_in(sound, about.get("free", 0))
        assert whole.frames_left == about["frames"] and whole.total_ms == about["frames"] * 1000 // about["rate"], name
        assert (whole.format.codec, whole.format.rate) == (MP3, about["rate"])
        lead = whole.skip_frames
        for start_ms in STARTS_MS:
            source = Mp3File(FOLDER + name)
            rest = await all_of(source, start_ms)
            wanted = min(start_ms * about["rate"] // 1000, about["frames"])
            assert sound.endswith(rest)
            left, _ = _frames_in(rest, about.get("free", 0))
            assert (frames - left) * samples + source.skip_frames == wanted + lead, (name, start_ms)
            assert source.frames_left == about["frames"] - wanted


async def test_enough_frames_come_before_the_wanted_one():
    source = Mp3File(FOLDER + "constant-24000.mp3")
    await all_of(source, 1000)
    main = 144 - 4 - 9
    assert source.skip_frames >= 576 * (2 + 255 // main + 1)


async def test_a_file_that_tells_no_length_plays_to_its_end():
    name = "untold-24000.mp3"
    source = Mp3File(FOLDER + name)
    assert await all_of(source) == _content(name)
    assert source.frames_left == -1 and source.total_ms is None and source.skip_frames == 0
    later = Mp3File(FOLDER + name)
    rest = await all_of(later, 500)
    frames, samples = _frames_in(rest)
    assert _content(name).endswith(rest) and (len(_content(name)) // 144 - frames) * samples + later.skip_frames == 12000


def _found(content, start, step):
    """A Finder that was fed `content` from `start` on, `step` bytes at a time, until it had a frame; and where that begins."""
    finder = Finder()
    at = start
    while finder.header is None and at < len(content):
        finder.feed(content[at : at + step])
        at += step
    return finder, start + finder.place


async def test_free_format_needs_no_tag():
    tagged = _content("free-24000.mp3")
    path = "/tmp/audio-{:08x}.mp3".format(int.from_bytes(os.urandom(4), "big"))
    with open(path, "wb") as file:
        file.write(tagged[192:])
    whole, later = Mp3File(path), Mp3File(path)
    sound, rest = await all_of(whole), await all_of(later, 500)
    os.remove(path)
    assert sound == tagged[192:] and whole.frames_left == -1 and whole.total_ms is None
    frames, samples = _frames_in(sound, 150)
    left, _ = _frames_in(rest, 150)
    assert sound.endswith(rest) and (frames - left) * samples + later.skip_frames == 12000


def test_a_stream_of_free_format_is_found_and_measured():
    content = _content("free-24000.mp3")[192:]
    for start in (0, 1, 100, 151, 1000):
        for step in (1, 7, 512):
            finder, place = _found(content, start, step)
            count = place // 150  # frames before, of which each third has one byte more, the first one too
            assert finder.header.free == 150 and place in (150 * count + (count + 2) // 3 for count in (count - 1, count)), (
                start,
                step,
                place,
            )
            assert finder.header.size in (150, 151) and finder.header.frames_a_byte == 3


async def test_headers_of_free_format_at_no_equal_distances_are_refused():
    heads = b"".join(bytes((0xFF, 0xF3, 0x04, 0xC4)) + bytes(20 + 7 * n) for n in range(120))
    assert await _code_of(heads) == NOT_AUDIO


async def test_what_is_no_mp3_is_refused():
    whole = _content("untold-24000.mp3")
    assert await _code_of(b"") == NOT_AUDIO
    assert await _code_of(b"\xff" * 3000) == NOT_AUDIO
    assert await _code_of(bytes(100_000)) == NOT_AUDIO
    assert await _code_of(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + whole) == NOT_AUDIO
    assert await _code_of(whole[: 144 * 20]) == LENGTH
    assert await _code_of(_content("constant-24000.mp3")[:192]) == NOT_AUDIO


def test_frames_are_found_wherever_the_bytes_begin():
    content = _content("constant-24000.mp3")
    for start in (0, 1, 77, 200, 500):
        for step in (1, 7, 512):
            finder, place = _found(content, start, step)
            assert finder.header.rate == 24000 and finder.header.channels == 1, (start, step)
            assert place == 0 if start == 0 else place >= start and (place - 192) % 144 == 0, (start, step, place)


def test_tags_are_read():
    content = _content("variable-24000.mp3")
    skip = id3v2_bytes(content[:10])
    assert skip == 10 + 16 + 40
    header = Header()
    assert header.read(content, skip)
    tag = tag_of(content[skip : skip + header.size], header)
    assert not tag.constant and tag.lead == 576 + 529 and tag.frames > 50
    assert tag_of(content[skip + header.size :][:200], header) is None


async def test_no_bytes_can_do_more_than_be_refused():
    """Damaged heads, tags and frames: a source opens or refuses, and gives no more than the file has."""
    chance = random
    chance.seed(11)
    contents = [_content(name) for name in ("constant-24000.mp3", "variable-24000.mp3", "padded-44100.mp3", "free-24000.mp3")]
    path = "/tmp/audio-{:08x}.mp3".format(int.from_bytes(os.urandom(4), "big"))
    refused = 0
    for number in range(ROUNDS):
        octets = bytearray(chance.choice(contents))
        for _ in range(chance.randrange(1, 12)):
            octets[chance.randrange(300 if number % 2 else len(octets))] = chance.getrandbits(8)
        if number % 5 == 0:
            octets = octets[: chance.randrange(len(octets))]
        with open(path, "wb") as file:
            file.write(octets)
        source = Mp3File(path)
        try:
            content = await all_of(source, chance.choice(STARTS_MS), 2048)
            assert len(content) <= len(octets) and source.skip_frames >= 0 and source.frames_left >= -1
        except Refused:
            refused += 1
        finally:
            source.close()
    os.remove(path)
    assert 0 < refused < ROUNDS


def test_an_absurd_length_is_no_length():
    content = bytearray(_content("constant-24000.mp3"))
    header = Header()
    assert header.read(content, 0)
    at = content.find(b"Info") + 8
    assert tag_of(content[: header.size], header).frames == 57
    content[at : at + 4] = b"\xff\xff\xff\xff"
    assert tag_of(content[: header.size], header).frames is None
