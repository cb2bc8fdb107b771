"""Where sound comes from. A source is used once, by `node.audio.feeder`, and has this shape:

    await open(start_ms)     find the sound from there on; raises Refused. Afterwards these stand:
    .format                  `wav.Format` of the bytes that follow
    .skip_frames             frames between the block boundary where they begin and `start_ms`
    .frames_left             frames from `start_ms` to the end, -1: unknown
    .total_ms                length of all of it, None: unknown
    await readinto(view)     bytes of sound into the front of `view`, at least one; 0 at the end; feeder.BREAK where what follows does not join on
                             and begins at a block boundary. May wait; raises Refused.
    close()                  at any time, also twice or unopened

Which source is played, and what is played where one fails, is decided elsewhere.
"""
