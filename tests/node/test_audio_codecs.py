"""Codecs: bit-exact with FFmpeg in pieces of any size, and unharmed by any bytes."""

import hashlib
import json
import random

from support_audio import GUARD, format_of, ima_format_chunk, pcm_head, refusal_code, vector_file

from node.audio.codecs import CODECS
from node.audio.codecs.ima_adpcm import ImaAdpcm
from node.audio.codecs.pcm16 import Pcm16
from node.audio.wav import Parser
from node.refusal import NOT_AUDIO, Refused

FUZZ_ROUNDS = 60


def _ima_format(block_bytes):
    return format_of(b"RIFF\0\0\0\0WAVE" + ima_format_chunk(block_bytes) + b"data" + b"\xff\xff\xff\xff")


def _decoded(codec, content, chance, most=700):
    """All frames that `codec` makes of `content`, fed and asked for in random pieces; guards around each output must hold."""
    result = b""
    at = 0
    while at < len(content):
        n = min(len(content) - at, chance.randint(1, most))
        codec.feed(memoryview(content)[at : at + n], n)
        at += n
        while True:
            frames = chance.randint(1, most)
            before = chance.randint(0, 3)
            out = bytearray([GUARD] * 2 * (before + frames + 2))
            made = codec.decode_into(out, before, frames)
            assert 0 <= made <= frames
            end = 2 * (before + made)
            assert all(octet == GUARD for octet in out[: 2 * before]) and all(octet == GUARD for octet in out[end:])
            result += bytes(out[2 * before : end])
            if made == 0:
                break
    return result


def test_names_on_the_wire():
    assert sorted(CODECS) == ["ima-adpcm", "pcm16"]


def test_adpcm_is_bit_exact_with_ffmpeg():
    chance = random
    chance.seed(1)
    with open(vector_file("vectors.json")) as file:
        vectors = json.load(file)
    assert len(vectors) >= 5
    for name in vectors:
        with open(vector_file(name), "rb") as file:
            content = file.read()
        parser = Parser()
        at = parser.feed(memoryview(content), len(content))
        codec = ImaAdpcm()
        codec.start(parser.format)
        samples = _decoded(codec, content[at : at + parser.format.data_bytes], chance)
        assert len(samples) == 2 * vectors[name]["frames"], name
        digest = "".join("{:02x}".format(octet) for octet in hashlib.sha256(samples).digest())
        assert digest == vectors[name]["sha256"], name


def test_blocks_decode_alone():
    with open(vector_file("sweep.wav"), "rb") as file:
        content = file.read()
    parser = Parser()
    at = parser.feed(memoryview(content), len(content))
    codec = ImaAdpcm()
    codec.start(parser.format)
    whole = _decoded(codec, content[at:], random)
    block = parser.format.block_bytes
    codec.start(parser.format)
    later = _decoded(codec, content[at + 3 * block :], random)
    assert later == whole[2 * 3 * parser.format.block_frames :]


def test_pcm_passes_unchanged():
    random.seed(2)
    content = bytes(random.getrandbits(8) for _ in range(9_000))
    codec = Pcm16()
    codec.start(format_of(pcm_head()))
    assert _decoded(codec, content, random) == content
    codec.start(format_of(pcm_head()))
    assert _decoded(codec, content, random, 3) == content


def test_a_start_forgets_half_a_frame():
    codec = Pcm16()
    codec.start(format_of(pcm_head()))
    assert _decoded(codec, b"\1\2\3", random) == b"\1\2"
    codec.start(format_of(pcm_head()))
    assert _decoded(codec, b"\4\5", random) == b"\4\5"


def test_wrong_step_index_is_refused():
    codec = ImaAdpcm()
    codec.start(_ima_format(256))
    codec.feed(bytearray(b"\0\0\x59\0" + bytes(252)), 256)
    assert refusal_code(codec.decode_into, bytearray(1024), 0, 512) == NOT_AUDIO


def test_codecs_refuse_each_others_formats():
    assert refusal_code(Pcm16().start, _ima_format(256)) == NOT_AUDIO
    assert refusal_code(ImaAdpcm().start, format_of(pcm_head())) == NOT_AUDIO


def test_any_bytes_leave_the_guards_alone():
    chance = random
    chance.seed(3)
    for _ in range(FUZZ_ROUNDS):
        codec = ImaAdpcm()
        codec.start(_ima_format(chance.randint(8, 300)))
        content = bytearray(chance.getrandbits(8) for _ in range(chance.randint(1, 2_000)))
        if chance.randint(0, 1):
            for at in range(2, len(content)):
                content[at] = min(content[at], 88)
        try:
            _decoded(codec, bytes(content), chance, chance.randint(1, 600))
        except Refused as refused:
            assert refused.code == NOT_AUDIO
