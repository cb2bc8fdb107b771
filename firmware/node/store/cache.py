"""Bulletins by the SHA-256 of their bytes, within a quota that it counts itself because littlefs needs long to tell (BOARD, "Flash").

A file under its hash is whole and proven; what is still on its way ends in `.part` and survives a reboot. How one file is fetched stands in
`download`; this module decides what may stay.
"""

import asyncio

from micropython import const

from node.bus.limits import SHA256_TEXT
from node.late import Loading
from node.refusal import DAMAGED, FULL, TOO_LARGE, Refused
from node.store import files
from node.store.turns import Turns

_PART = ".part"
_BLOCK = const(4096)
_BLOCK_USED = const(4088)  # littlefs keeps two pointers in a block of a file, on average


class Cache:
    """At most `quota` bytes of flash in `folder`, both counted in whole blocks. Call `load` before anything else."""

    def __init__(self, folder, quota, gate):
        self.quota = quota
        self._folder = folder
        self._gate = gate
        self._turns = Turns(gate)
        self._sizes = {}  # name of a file, whole or partial: bytes of flash it has or will have
        self._order = None  # nothing may go before it is known what is needed
        self._held = []
        self._unclosed = []
        self._doubted = []

    async def load(self):
        """At boot: take stock of the folder and remove what is not of it."""
        for name in await files.prepare(self._gate, self._folder):
            if len(_sha256_of(name)) != SHA256_TEXT:
                await files.remove(self._gate, self._place(name))
                continue
            self._sizes[name] = _flash_bytes(files.size_of(self._place(name)))
            await asyncio.sleep_ms(0)

    @property
    def used(self):
        """Bytes of flash counted, what downloads have reserved included."""
        return sum(self._sizes.values())

    def path(self, sha256):
        """Where the whole file lies, or None."""
        return self._place(sha256) if sha256 in self._sizes else None

    def stored(self):
        """The SHA-256 of all whole files."""
        return [name for name in self._sizes if not name.endswith(_PART)]

    def keep(self, ordered):
        """`ordered`: the SHA-256 that the coming items play, soonest first. The rest may go, and then the last of these, when room is needed.

        Until it is called after a boot, nothing goes.
        """
        self._order = list(ordered)

    def hold(self, sha256):
        """It is being played: it stays until as many `release`."""
        self._held.append(sha256)

    def release(self, sha256):
        """One player less."""
        self._held.remove(sha256)

    def doubt(self, sha256):
        """Flash refused to give its file back: it does not count as here any more, and the next `fetch` brings it anew."""
        if self._sizes.pop(sha256, None) is not None:
            self._doubted.append(sha256)

    async def fetch(self, get, address, variant, progress=None):
        """Path of the file of a VARIANT, downloaded from `address` + "/" + its sha256 if it is not here; whole, with the signed length and hash.

        `get(url, headers)` is awaited and gives a `link.body.Response`; `progress()` is called for each piece that is stored, and ends it by raising;
        the next `fetch` goes on from there. Waits while sound is out, goes before older downloads, may be cancelled.
        Raises Refused: TOO_LARGE (for the quota), FULL (the rest is needed sooner; a file outside `keep` is needed now), DAMAGED (flash refuses to be
        read or written) and those of `Download.run`.
        """
        sha256 = variant["sha256"]
        while sha256 in self._turns:
            self._turns.enter(sha256)
            await self._turns.wait_over(sha256)
        if sha256 in self._sizes:
            return self._place(sha256)
        with Loading():
            from node.store.download import Download
        self._turns.enter(sha256)
        part = sha256 + _PART
        download = Download(self._place(sha256), self._place(part), variant["bytes"], sha256, self._gate, self._turns, progress)
        try:
            await self._close_unclosed()
            await self._remove_doubted()
            await self._reserve(sha256, _flash_bytes(variant["bytes"]))
            await download.run(get, address + "/" + sha256)
            self._sizes[sha256] = self._sizes.pop(part)
        except Refused as refused:
            if refused.code == FULL:  # a partial file would only keep others from their room
                await self._give_up(download, part)
            raise
        except OSError as error:
            await self._give_up(download, part)
            raise Refused(DAMAGED, "flash refuses: {}".format(error))
        finally:
            self._put_away(download, part)
            self._turns.leave(sha256)
        return self._place(sha256)

    async def _reserve(self, sha256, wanted):
        """Count `wanted` bytes for a file and remove what is needed later or not at all, or remove nothing and refuse."""
        if wanted > self.quota:
            raise Refused(TOO_LARGE, "{} bytes of flash, at most {}".format(wanted, self.quota))
        part = sha256 + _PART
        room = self.quota - self.used + self._sizes.get(part, 0)
        going = []
        for name in self._dispensable(sha256):
            if room >= wanted:
                break
            going.append(name)
            room += self._sizes[name]
        if room < wanted:
            raise Refused(FULL, "{} bytes more than what is needed later would free".format(wanted - room))
        self._sizes[part] = wanted
        for name in going:
            async with self._gate.writing():
                if name in self._sizes and _sha256_of(name) not in self._held:  # while the gate was closed it may have come into use
                    del self._sizes[name]
                    files.discard(self._place(name))

    def _dispensable(self, sha256):
        """Names of files that may make room for `sha256`, the most dispensable first."""
        if self._order is None:
            return []
        rank = {name: place for place, name in enumerate(self._order)}
        own = rank.get(sha256, -1)
        never = len(rank)
        free = []
        for name in self._sizes:
            other = _sha256_of(name)
            needed = rank.get(other, never)
            if needed > own and other != sha256 and other not in self._held and other not in self._turns:
                free.append((-needed, name))
        return [name for _, name in sorted(free)]

    async def _give_up(self, download, part):
        file, download.file = download.file, None
        if file is not None:
            self._unclosed.append(file)
        await self._close_unclosed()
        try:
            await files.remove(self._gate, self._place(part))
        except OSError as error:
            print("cache:", part, error)

    def _put_away(self, download, part):
        """However a download ended: close its file unless sound is out, and count no more than there is."""
        if download.file is not None:
            self._unclosed.append(download.file)
            if self._gate.open:
                _close(self._unclosed.pop())
        elif part in self._sizes and files.size_of(self._place(part)) is None:
            del self._sizes[part]

    async def _remove_doubted(self):
        while self._doubted:
            async with self._gate.writing():
                if self._doubted:  # others may have waited for the gate as well
                    files.discard(self._place(self._doubted.pop()))

    async def _close_unclosed(self):
        while self._unclosed:
            async with self._gate.writing():
                if self._unclosed:
                    _close(self._unclosed.pop())

    def _place(self, name):
        return self._folder + "/" + name


def _close(file):
    """The last bytes are written only now; where there is no room for them the next try asks for them again."""
    try:
        file.close()
    except OSError as error:
        print("cache:", error)


def _sha256_of(name):
    return name[: -len(_PART)] if name.endswith(_PART) else name


def _flash_bytes(size):
    return (size + _BLOCK_USED - 1) // _BLOCK_USED * _BLOCK
