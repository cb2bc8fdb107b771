"""Runs on MicroPython: plays MP3 files from several positions through the node's own source and codec, `run_positions.py FIRMWARE JOBS`.

JOBS is a JSON list of [file, start in ms, output]; the output gets the int16 that a player would play.
"""

import asyncio
import json
import sys
from array import array

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])

from node.audio.codecs.mp3 import Mp3
from node.audio.sources.mp3 import Mp3File


async def played(codec, path, start_ms, write):
    """As `node.audio.pump` does it: drop the frames before, stop at the last one."""
    source = Mp3File(path)
    await source.open(start_ms)
    codec.start(source.format)
    chunk = bytearray(2048)
    out = array("h", bytes(2 * 512))
    octets = memoryview(out)
    skip, left = source.skip_frames, source.frames_left
    finished = False
    while left:
        wanted = min(512, skip or left) if skip or left > 0 else 512
        made = codec.decode_into(out, 0, wanted)
        if made == 0:
            n = await source.readinto(memoryview(chunk))
            if n:
                codec.feed(chunk, n)
            elif finished:
                break
            else:
                codec.finish()
                finished = True
        elif skip:
            skip -= made
        else:
            write(octets[:made])
            left -= made if left > 0 else 0
    source.close()


async def main():
    with open(sys.argv[2]) as file:
        jobs = json.load(file)
    codec = Mp3()
    for path, start_ms, target in jobs:
        with open(target, "wb") as file:
            await played(codec, path, start_ms, file.write)


if __name__ == "__main__":
    asyncio.run(main())
