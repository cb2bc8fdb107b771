"""Runs on MicroPython: `run_frames.py FIRMWARE STREAM GRANULES` decodes so many granules to mono int16, for counting what it costs."""

import sys

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])

from node.audio.mp3.decoder import Decoder


def main():
    with open(sys.argv[2], "rb") as file:
        content = file.read()
    decoder = Decoder(stereo=False, trim=False)
    out = bytearray(2 * 576)
    at = 0
    for _ in range(int(sys.argv[3])):
        while not decoder.decode_into(out, 0, 576):
            at += decoder.feed(content, min(len(content), at + 2048), at)


if __name__ == "__main__":
    main()
