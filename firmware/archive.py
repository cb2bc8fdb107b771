"""A slot as one file: a ZIP archive whose members are stored as they are, mounted read-only so that the application is imported from it.

One file because littlefs gives each small one a block of 4 KB and walks folders slowly: a hundred modules would fill `app` with one slot. A
release is then also written, verified and exchanged as one thing. Format: PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16, without ZIP64 and comment.

What stays in memory as long as the node runs; `mounting.open_archive` makes one. Imports little: each costs a walk through `vfs`.
"""

import io

from micropython import const

ENTRY_SIZE = const(46)  # of the directory, before the name
_STREAM_CLOSE = const(4)  # MP_STREAM_CLOSE
_ENOENT = const(2)
_LOCAL_SIZE = const(30)  # of a local header, likewise
_KEY_SIZE = const(2)
_FOLDER = const(0x4000)
_FILE = const(0x8000)

_STAND_IN = b"overlay.mpy"
_shown = [_STAND_IN]  # the member that is found in its place


def show(member):
    """From now on `import overlay` finds the code of `member`: MicroPython never forgets the path of what it imported, and so has one for all of them."""
    _shown[0] = member.encode()


class Archive:
    """`file`: the archive, kept open, since to open it again costs a walk through the folder. `directory`: offset of its directory.

    `index`: for each member and each folder the `key` of its name, and as a number of two bytes where in the directory its entry stands; of a folder,
    that of one in it. Names stand on flash alone, here they would take six times as much.
    """

    def __init__(self, file, directory, index):
        self.file = file
        self._directory = directory
        self._index = index
        self._at = -1  # where the file stands; -1: not known

    def _find(self, path):
        """Type of what is at `path`, and a member's size and offset of its local header."""
        name = path.strip("/").encode()
        if name == _STAND_IN:
            name = _shown[0]
        entry = bytearray(ENTRY_SIZE + len(name) + 1)
        at = -1
        while True:
            at = self._index.find(key(name), at + 1)
            if at < 0:
                raise OSError(_ENOENT)
            if at % 4 == 0:
                self.read_at(self._directory + number(self._index[at + _KEY_SIZE : at + 4]), entry)
                if entry[ENTRY_SIZE:-1] == name:
                    if number(entry[28:30]) == len(name):
                        return _FILE, number(entry[24:28]), number(entry[42:46])
                    if entry[-1:] == b"/":
                        return _FOLDER, 0, 0

    def read_at(self, at, buffer):
        """Fill `buffer` from byte `at` of the archive on; returns how many bytes there were."""
        if at != self._at:  # littlefs forgets at each seek what it has read ahead
            self.file.seek(at)
        got = self.file.readinto(buffer)
        self._at = at + got
        return got

    # What `vfs.mount` and `import` ask of a file system

    def mount(self, readonly, mkfs):
        """Nothing to prepare."""

    def umount(self):
        """The archive is closed."""
        self.file.close()

    def stat(self, path):
        """Type and size of a member or folder."""
        kind, size, _ = self._find(path)
        return (kind, 0, 0, 0, 0, 0, size, 0, 0, 0)

    def open(self, path, mode):
        """A stream of a member's bytes."""
        kind, size, offset = self._find(path)
        if kind != _FILE or mode != "rb":
            raise OSError(_ENOENT)
        local = bytearray(_LOCAL_SIZE)
        self.read_at(offset, local)
        start = offset + _LOCAL_SIZE + number(local[26:28]) + number(local[28:30])
        return Member(self, start, start + size)


class Member(io.IOBase):
    """A stream of the bytes `start` to `end` of an archive, read as they are wanted: the application would not fit beside what is made of it."""

    def __init__(self, archive, start, end):
        self._archive = archive
        self._next = start
        self._end = end

    def readinto(self, buffer):
        """As many bytes as `buffer` has room for, 0 at the end."""
        got = self._archive.read_at(self._next, memoryview(buffer)[: self._end - self._next])
        self._next += got
        return got

    def ioctl(self, request, argument):
        """Closing needs nothing: the archive stays open."""
        return 0 if request == _STREAM_CLOSE else -1


def key(name):
    """Two bytes by which a name (bytes) is looked for; another may have the same."""
    return (hash(name) & 0xFFFF).to_bytes(_KEY_SIZE, "little")


def number(field):
    """What a field of the format says."""
    return int.from_bytes(field, "little")
