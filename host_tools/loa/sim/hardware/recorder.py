"""Writes what the speaker gets: a WAV file for each time that I2S is on, with a JSON file beside it that says when its first sample was played.

A WAV grows while the node runs and its header gives no length until somebody closes it (`loa.sim.recording`): the power may fail at any sample.
"""

import json
import struct

UNKNOWN_LENGTH = 0xFFFFFFFF
HEADER_BYTES = 44
_FULL_SCALE = 32767


def wav_header(rate, channels, bits, data_bytes=UNKNOWN_LENGTH):
    """RIFF/WAVE header for PCM."""
    frame = channels * bits // 8
    riff = UNKNOWN_LENGTH if data_bytes == UNKNOWN_LENGTH else data_bytes + HEADER_BYTES - 8
    format_chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * frame, frame, bits)
    return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + format_chunk + struct.pack("<4sI", b"data", data_bytes)


def pop(rate):
    """What an amplifier without clocks gives: a full step that dies away in 10 ms. 16 bit mono."""
    frames = rate // 100
    return struct.pack("<%dh" % frames, *[_FULL_SCALE * (frames - place) // frames for place in range(frames)])


class Recorder:
    """One segment; `path` without ending. `started_ns`: Unix ns of the first sample; the others follow at the rate, without a gap.

    `ppm`: by how much the crystal is fast, and so the rate.
    """

    def __init__(self, open_file, path, rate, channels, bits, boot, started_ns, ppm=0):
        self._file = open_file(path + ".wav", "wb")
        self._file.write(wav_header(rate, channels, bits))
        with open_file(path + ".json", "w") as side:
            about = {"boot": boot, "started_ns": started_ns, "rate": rate, "channels": channels, "bits": bits, "ppm": ppm}
            side.write(json.dumps(about))

    def emit(self, buffer):
        """Append a buffer of the ring."""
        self._file.write(buffer)

    def close(self):
        """I2S is off: the segment ends."""
        self._file.close()
