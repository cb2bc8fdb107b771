"""MPEG-1, 2 and 2.5 audio Layer III decoded on stock MicroPython: integer kernels in viper, no C, no allocation after construction.

Usable without the rest of the node: it imports nothing outside this folder but `micropython`, `array` and `sys`. See README.md beside this file.

    from node.audio.mp3.decoder import Decoder
    decoder = Decoder(stereo=False)          # allocates everything
    decoder.feed(view, count, start=0)       # takes bytes start..count of `view` into its input buffer; returns how many it took, 0: full
    decoder.decode_into(out, at, frames)     # at most `frames` frames of int16 into `out` from frame `at` on; returns how many; 0: feed more
    decoder.decode_granule(out24)            # the next granule instead, as int32 with 1.0 = 2**24, not rounded, not saturated; returns frames; 0: feed more
    decoder.finish()                         # no bytes follow: what could not be confirmed by a following header is decoded too
    decoder.reset()                          # a new stream, or a jump: forgets input, reservoir and overlap; the next sound fades in

`out` and `out24` are bytearray, array or memoryview; with `stereo=True` frames are pairs left, right (a mono stream gives both the same).
A decoder made with `stereo=False` mixes (left + right) / 2.

What stands after the first frame: `rate` in frames a second, `channels` of the stream (1 or 2), `version` (1, 2 or 25), all 0 before. Counters since
construction: `granules` decoded, `concealed` granules that were lost and replaced, `skipped` bytes that were no frame. `trim=True` (the default)
leaves out encoder delay and padding that a LAME header tells of.
"""
