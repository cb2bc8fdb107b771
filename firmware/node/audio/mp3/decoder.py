"""The decoder as a whole: bytes in, samples out."""


class Decoder:
    """See `node.audio.mp3`."""

    def __init__(self, stereo=False, trim=True):
        self.stereo = stereo
        self.trim = trim
        self.rate = self.channels = self.version = 0
        self.granules = self.concealed = self.skipped = 0

    def feed(self, view, count, start=0):
        raise NotImplementedError

    def decode_into(self, out, at, frames):
        raise NotImplementedError

    def decode_granule(self, out24):
        raise NotImplementedError

    def finish(self):
        raise NotImplementedError

    def reset(self):
        raise NotImplementedError
