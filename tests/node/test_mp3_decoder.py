"""The MP3 decoder as a whole, against FFmpeg's samples and against damage, with the heap locked around every call."""

import random

from support_mp3 import NAMES, Listener, furthest, peak, vector

DAMAGE_ROUNDS = 12
ISO_MAX = 2  # 2**-14 of full scale, the largest difference for full accuracy (ISO/IEC 11172-4)


def _heard(content, stereo=False, piece=700, frames=512):
    return Listener(stereo).hear(content, piece, frames)


def test_streams_sound_as_ffmpeg_has_them():
    for name in NAMES:
        content, wanted = vector(name)
        assert furthest(_heard(content), wanted) <= ISO_MAX, name


def test_pieces_of_any_size_give_the_same():
    content, wanted = vector("slow")
    whole = _heard(content)
    assert len(whole) == len(wanted)
    for piece, frames in ((1, 600), (97, 33), (4000, 1)):
        assert _heard(content, piece=piece, frames=frames) == whole


def test_the_mean_of_both_channels_is_the_mono_sound():
    for name in ("joint", "apart"):
        content, _ = vector(name)
        mono = _heard(content)
        both = _heard(content, stereo=True)
        assert len(both) == 2 * len(mono)
        assert max(abs(both[2 * place] + both[2 * place + 1] - 2 * mono[place]) for place in range(len(mono))) <= 3


def test_a_mono_stream_is_the_same_on_both_sides():
    content, _ = vector("speech")
    mono = _heard(content)
    both = _heard(content, stereo=True)
    assert len(both) == 2 * len(mono)
    assert all(both[2 * place] == both[2 * place + 1] == mono[place] for place in range(len(mono)))


def test_what_a_header_says_is_known_after_the_first_frame():
    for name, rate, channels, version in (("speech", 24000, 1, 2), ("joint", 44100, 2, 1), ("slow", 8000, 1, 25)):
        listener = Listener()
        assert listener.decoder.rate == 0
        listener.hear(vector(name)[0])
        decoder = listener.decoder
        assert (decoder.rate, decoder.channels, decoder.version) == (rate, channels, version)
        assert decoder.concealed == 0 and decoder.skipped == 0


def test_delay_and_padding_stay_where_they_are_wanted():
    content, wanted = vector("speech")
    listener = Listener(trim=False)
    sound = listener.hear(content)
    assert len(sound) == 576 * listener.decoder.granules > len(wanted) + 1000
    assert furthest(sound[1105 : 1105 + len(wanted)], wanted) <= ISO_MAX


def test_tags_are_stepped_over():
    content, wanted = vector("slow")
    id3 = b"ID3\4\0\0" + bytes((0, 0, 7, 100)) + b"\xff\xfb\x90\x64" * 249
    ape = b"APETAGEX" + bytes((0xD0, 7, 0, 0, 50, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xA0)) + bytes(8) + b"\xff\xfb" * 25
    listener = Listener()
    assert furthest(listener.hear(id3 + ape + content + ape + b"TAG" + bytes(125)), wanted) <= ISO_MAX
    assert listener.decoder.skipped == 0


def test_a_stream_taken_up_in_the_middle_is_right_within_a_few_frames():
    content, _ = vector("speech")
    whole = Listener(trim=False).hear(content)
    for at in (1000, 1111, 2000):
        sound = Listener().hear(content[at:])
        assert len(sound) >= len(whole) - 576 * (at // 144 + 3), at
        steady = len(sound) - 576 * 4
        assert steady > 1000 and furthest(sound[-steady:], whole[-steady:]) == 0, at


def test_damage_is_no_louder_than_the_sound_around_it_and_passes():
    chance = random
    chance.seed(6)
    content, wanted = vector("speech")
    loudest = peak(wanted)
    for number in range(DAMAGE_ROUNDS):
        broken = bytearray(content)
        at = chance.randint(600, len(content) - 900)
        if number % 2:
            for place in range(at, at + chance.randint(150, 400)):
                broken[place] = chance.getrandbits(8)
        else:
            broken[at : at + chance.randint(1, 300)] = b""
        listener = Listener()
        sound = listener.hear(bytes(broken))
        assert peak(sound) <= loudest + loudest // 4, (number, peak(sound))
        assert listener.decoder.concealed > 0 or listener.decoder.skipped > 0
        assert abs(len(sound) - len(wanted)) <= 3 * 576


def test_a_lost_frame_is_a_dip_without_a_click():
    content, wanted = vector("speech")
    broken = bytearray(content)
    broken[1440:1444] = bytes(4)  # a header
    sound = Listener().hear(bytes(broken))
    steps = max(abs(wanted[place + 1] - wanted[place]) for place in range(len(wanted) - 1))
    assert max(abs(sound[place + 1] - sound[place]) for place in range(len(sound) - 1)) <= steps


def test_any_bytes_are_survived():
    chance = random
    chance.seed(7)
    for number in range(10):
        content = bytearray(chance.getrandbits(8) for _ in range(3000))
        for at in range(0, 2900, chance.randint(90, 500)):
            content[at : at + 4] = bytes((0xFF, 0xE2 | number << 3 & 0x18 | 1, chance.getrandbits(8), chance.getrandbits(8)))
        Listener(stereo=bool(number & 1)).hear(bytes(content))


def test_a_reset_forgets_everything():
    content, wanted = vector("slow")
    listener = Listener()
    listener.hear(vector("apart")[0][:6000], end=False)
    listener.decoder.reset()
    assert listener.decoder.rate == 0
    del_from = len(listener.sound)
    assert furthest(listener.hear(content)[del_from:], wanted) <= ISO_MAX
