"""Runs on MicroPython and CPython: decodes streams with the decoder under test, `run_decoder.py FIRMWARE JOBS`.

JOBS is a JSON list of [stream, output, stereo, trim]; the output gets int32 with 1.0 = 2**24, frames of one or two channels.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from node.audio.mp3.decoder import Decoder

PIECE = 700  # bytes lent at a time: no whole frames


def decoded(content, stereo, trim, write):
    """Feed all of `content` and hand each granule's bytes to `write`; returns the decoder."""
    decoder = Decoder(stereo=stereo, trim=trim)
    out = bytearray(576 * 8)
    view = memoryview(out)
    width = 8 if stereo else 4
    at = 0
    finished = False
    while True:
        frames = decoder.decode_granule(out)
        if frames:
            write(view[: frames * width])
            continue
        if at < len(content):
            taken = decoder.feed(content, min(len(content), at + PIECE), at)
            if not taken:
                raise RuntimeError("neither takes bytes nor makes sound")
            at += taken
        elif not finished:
            decoder.finish()
            finished = True
        else:
            return decoder


def main():
    with open(sys.argv[2]) as file:
        jobs = json.load(file)
    for source, target, stereo, trim in jobs:
        with open(source, "rb") as file:
            content = memoryview(file.read())
        with open(target, "wb") as file:
            decoder = decoded(content, stereo, trim, file.write)
        told = [decoder.rate, decoder.channels, decoder.version, decoder.granules, decoder.concealed, decoder.skipped]
        print("DONE " + json.dumps([target, told]))


main()
