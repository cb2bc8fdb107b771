"""Runs on MicroPython: `run_fuzz.py FIRMWARE TESTS CORPUS SEED INPUTS STEREO`, and prints what came of it as JSON.

CORPUS is a JSON list of streams without tags, as paths.
"""

import json
import sys

import micropython

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])

import fuzz

from node.audio.mp3.frames import Header


@micropython.viper
def peak(samples: ptr32, n: int) -> int:
    """The largest magnitude; a ptr32 load has no sign on 64 bits."""
    largest = 0
    i = 0
    while i < n:
        value = samples[i]
        if value & 0x80000000:
            value = 0 - (value | -0x100000000)
        if value > largest:
            largest = value
        i += 1
    return largest


def frames(content):
    header = Header()
    found = []
    at = 0
    while at + 4 <= len(content) and header.read(content, at) and at + header.size <= len(content):
        found.append(content[at : at + header.size])
        at += header.size
    return found


def main():
    with open(sys.argv[3]) as file:
        paths = json.load(file)
    streams = []
    for path in paths:
        with open(path, "rb") as file:
            streams.append(frames(file.read()))
    fuzz.guard_buffers()
    fuzzer = fuzz.Fuzzer(streams, int(sys.argv[4]), sys.argv[6] == "1", peak)
    failure = None
    try:
        fuzzer.run(int(sys.argv[5]))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the failure that was looked for
        sys.print_exception(error)
        failure = repr(error)
    made = fuzzer.decoder
    print("FUZZ " + json.dumps([fuzzer.inputs, fuzzer.calls, made.granules, made.concealed, made.skipped, failure]))


main()
