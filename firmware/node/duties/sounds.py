"""Finds the sound of an item: which variant of its bulletin, from the cache or fetched first, or the live stream, or what is built in.

Opens nothing and plays nothing. An urgent stream in the clear never comes this far: the agenda refuses its order.
"""

from micropython import const

from node.audio.sources.chime import Chime, Siren
from node.audio.sources.file import FileSource
from node.audio.wav import MP3
from node.bus import topics
from node.late import Loading
from node.link.backoff import Backoff
from node.refusal import CODEC, LIVE_REFUSED, RATE, Refused

CODEC_ORDER = ("mp3", "ima-adpcm", "pcm16")  # best first: less to fetch and to store

CHIME = "chime"
LIVE = "live"

_SIREN_MS = const(12_000)
_AHEAD_MORE = const(1024)  # bytes of a stream that may wait in TCP, which is IDF's memory, behind a full ring
_RECONNECT_FIRST_MS = const(300)
_RECONNECT_LONGEST_MS = const(5_000)


class Sound:
    """A source for the player, with the VARIANT record it plays (None: none signed for it) and the codec's name (None: synthesised)."""

    def __init__(self, source, variant=None, codec=None):
        self.source = source
        self.variant = variant
        self.codec = codec


class Sounds:
    """`codecs`: names that can be played, best first; `rate`: frames a second of the sink; `plain_live`: whether live may come without TLS;
    `live_bytes`: what is kept of a stream between network and player."""

    def __init__(self, cache, get, codecs, rate, language, plain_live, live_bytes, chance):
        self._cache = cache
        self._get = get
        self._codecs = codecs
        self._rate = rate
        self._language = language
        self._plain_live = plain_live
        self._live_bytes = live_bytes
        self._chance = chance

    def at_hand(self, item):
        """The Sound of an Item, None where its file is not in the cache. Raises Refused."""
        if item.do == LIVE:
            return self._live(item.live)
        if not item.bulletin:
            return self.built_in(item.do)
        variant = self.variant(item.bulletin)
        path = self._cache.path(variant["sha256"])
        return _stored(variant, path) if path else None

    async def find(self, item):
        """The Sound of an Item whose file has to be fetched first, which needs silence. Raises Refused."""
        variant = self.variant(item.bulletin)
        path = await self._cache.fetch(self._get, item.files, variant)
        return _stored(variant, path)

    def hold(self, sound):
        """It is about to be played: its file stays until `release`."""
        if sound.variant:
            self._cache.hold(sound.variant["sha256"])

    def release(self, sound):
        """It is not played any more."""
        if sound.variant:
            self._cache.release(sound.variant["sha256"])

    def doubt(self, sound):
        """Its file cannot be read: it is to be fetched again."""
        if sound.variant:
            self._cache.doubt(sound.variant["sha256"])

    def built_in(self, name):
        """The chime, or the siren for 12 s."""
        return Sound(Chime(self._rate) if name == CHIME else Siren(self._rate, _SIREN_MS))

    def counted(self, number):
        """The source of a number to be counted by ear."""
        with Loading():
            from node.audio.sources.beeps import Beeps
        return Beeps(self._rate, number)

    def variant(self, bulletin):
        """The VARIANT to play: the node's language if there is one, one that is stored before one that is not, then the best codec.

        Raises Refused CODEC or RATE.
        """
        known = [variant for variant in bulletin["variants"] if variant["codec"] in self._codecs]
        if not known:
            raise Refused(CODEC, "only " + ", ".join(variant["codec"] for variant in bulletin["variants"]))
        fit = [variant for variant in known if variant["rate"] == self._rate]
        if not fit:
            raise Refused(RATE, f"{known[0]['rate']} where {self._rate} frames a second are played")
        return min(fit, key=self._preference)

    def _preference(self, variant):
        foreign = variant.get("language", self._language) != self._language
        return (foreign, self._cache.path(variant["sha256"]) is None, self._codecs.index(variant["codec"]))

    def _live(self, live):
        if live["codec"] not in self._codecs:
            raise Refused(CODEC, live["codec"])
        urls = [live["url"]] + ([live["backup"]] if "backup" in live else [])
        if not self._plain_live and any(not url.startswith("https://") for url in urls):
            raise Refused(LIVE_REFUSED, "a live stream in the clear")
        with Loading():
            from node.audio.jitter import Jitter
            from node.audio.sources.live import LiveSource
        backoff = Backoff(_RECONNECT_FIRST_MS, _RECONNECT_LONGEST_MS, self._chance)
        headers = {"Prefer": topics.AHEAD + str(self._live_bytes + _AHEAD_MORE)}
        return Sound(LiveSource(self._get, urls, backoff, Jitter(self._live_bytes), headers), None, live["codec"])


def _stored(variant, path):
    codec = variant["codec"]
    return Sound(_file_source(codec, path), variant, codec)


def _file_source(codec, path):
    if codec != MP3:
        return FileSource(path)
    with Loading():
        from node.audio.sources.mp3 import Mp3File
    return Mp3File(path)
