"""The head of a WAV file: in any pieces, with any chunks around; anything else is refused by its code."""

import random

from support_audio import chunk, ima_format_chunk, number, pcm_head, refusal_code

from node.audio.wav import Parser
from node.refusal import NOT_AUDIO, RATE, Refused

FUZZ_ROUNDS = 1500
RIFF = b"RIFF\0\0\0\0WAVE"
DATA = b"data\xff\xff\xff\xff"


def _pcm_format(tag=1, channels=1, rate=24000, block=2, bits=16, more=b""):
    return chunk(
        b"fmt ", number(tag, 2) + number(channels, 2) + number(rate, 4) + number(2 * rate, 4) + number(block, 2) + number(bits, 2) + more
    )


def _parse(content, step=None):
    """(Format, bytes of the head), fed in pieces of `step`."""
    parser = Parser()
    at = 0
    while parser.format is None and at < len(content):
        piece = memoryview(content)[at : at + (step or len(content))]
        at += parser.feed(piece, len(piece))
    assert parser.consumed == at
    return parser.format, at


def _code(content):
    return refusal_code(_parse, content)


def test_pcm():
    format, at = _parse(pcm_head(24000, 4000) + b"sound")
    assert (format.codec, format.rate, format.block_bytes, format.block_frames, format.data_bytes) == ("pcm16", 24000, 2, 1, 4000)
    assert at == 44
    assert format.frames_in(9) == 4


def test_ima():
    format, _ = _parse(RIFF + ima_format_chunk(512) + DATA)
    assert (format.codec, format.block_bytes, format.block_frames, format.data_bytes) == ("ima-adpcm", 512, 1017, None)
    assert format.frames_in(1024 + 6) == 2 * 1017 + 5
    assert format.frames_in(1024 + 3) == 2 * 1017


def test_in_pieces_of_any_size_with_other_chunks():
    head = RIFF + chunk(b"LIST", b"INFOabc") + _pcm_format(more=b"\0\0x") + chunk(b"fact", number(1, 4)) + chunk(b"odd ", b"12345") + DATA
    for step in (1, 2, 3, 7, 16, 1000):
        format, at = _parse(head + b"sound", step)
        assert format.codec == "pcm16" and at == len(head)


def test_sizes_that_mean_unknown():
    for size in (0, 0x7FFFF000, 0xFFFFFFFF):
        assert _parse(pcm_head(size=size))[0].data_bytes is None
    assert _parse(pcm_head(size=1))[0].data_bytes == 1


def test_refused_by_code():
    assert _code(b"ID3\x03" + bytes(60)) == NOT_AUDIO
    assert _code(b"RIFX\0\0\0\0WAVE") == NOT_AUDIO
    assert _code(b"RIFF\0\0\0\0AVI ") == NOT_AUDIO
    assert _code(RIFF + DATA) == NOT_AUDIO
    assert _code(RIFF + _pcm_format(channels=2, block=4) + DATA) == NOT_AUDIO
    assert _code(RIFF + _pcm_format(bits=24, block=3) + DATA) == NOT_AUDIO
    assert _code(RIFF + _pcm_format(tag=3) + DATA) == NOT_AUDIO
    assert _code(RIFF + _pcm_format(block=3) + DATA) == NOT_AUDIO
    assert _code(RIFF + _pcm_format() + _pcm_format()) == NOT_AUDIO
    assert _code(RIFF + b"fmt \x0f\0\0\0") == NOT_AUDIO
    assert _code(RIFF + b"fmt \xff\xff\xff\xff") == NOT_AUDIO
    assert _code(RIFF + ima_format_chunk(512, channels=2)) == NOT_AUDIO
    assert _code(RIFF + ima_format_chunk(512, block_frames=1016)) == NOT_AUDIO
    assert _code(RIFF + ima_format_chunk(7)) == NOT_AUDIO
    assert _code(RIFF + ima_format_chunk(5000)) == NOT_AUDIO
    assert _code(RIFF + _pcm_format(rate=7999)) == RATE
    assert _code(RIFF + _pcm_format(rate=96000)) == RATE
    assert _code(RIFF + ima_format_chunk(512, rate=0)) == RATE


def test_endless_head_is_refused():
    parser = Parser()
    parser.feed(memoryview(RIFF + b"LIST\xff\xff\xff\xff"), 20)
    zeros = memoryview(bytes(4096))
    fed = 0
    try:
        while fed < 200_000:
            fed += parser.feed(zeros, len(zeros))
    except Refused as refused:
        assert refused.code == NOT_AUDIO and fed < 70_000
        return
    raise AssertionError("not refused")


def test_any_bytes_give_a_format_or_a_refusal():
    chance = random
    chance.seed(4)
    good = RIFF + chunk(b"LIST", b"INFOabc") + ima_format_chunk(512) + chunk(b"fact", number(1, 4)) + DATA
    for _ in range(FUZZ_ROUNDS):
        content = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            content[chance.randint(0, len(content) - 1)] = chance.getrandbits(8)
        content = content[: chance.randint(0, len(content))]
        parser = Parser()
        at = 0
        try:
            while at < len(content) and parser.format is None:
                n = min(chance.randint(1, 40), len(content) - at)
                taken = parser.feed(memoryview(content)[at : at + n], n)
                assert taken == n or parser.format is not None
                at += taken
        except Refused as refused:
            assert refused.code in (NOT_AUDIO, RATE)
        if parser.format:
            assert 8000 <= parser.format.rate <= 48000 and 1 <= parser.format.block_bytes <= 4096
