"""A slot as one file: a ZIP archive whose members are stored as they are, mounted read-only so that the application is imported from it.

One file because littlefs gives each small one a block of 4 KB and walks folders slowly: a hundred modules would fill `app` with one slot. A
release is then also written, verified and exchanged as one thing. Format: PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16, without ZIP64 and comment.
"""

import errno
import io
import os
import struct

_STREAM_CLOSE = 4  # MP_STREAM_CLOSE
_END = b"PK\x05\x06"
_END_SIZE = 22
_MEMBER = b"PK\x01\x02"
_MEMBER_SIZE = 46
_LOCAL_SIZE = 30
_STORED = 0
_LINE = "\n{}\n"  # in the index, before a member's place
_FOLDER_LINE = "\n{}/"
_PLACE = "<II"
_PLACE_SIZE = 8
_FOLDER = 0x4000
_FILE = 0x8000


class Archive:
    """The members of the archive at `path`. Raises ValueError for anything but a whole archive of stored members, OSError if it cannot be read."""

    def __init__(self, path):
        self._file = open(path, "rb")  # kept open: to open it again costs a walk through the folder
        # Of each member a line with its name, then its offset and size: a dict of them would take four times the memory.
        index = bytearray()
        for name, method, offset, size in _directory(self._file, os.stat(path)[6]):
            if method != _STORED:
                raise ValueError("{}: {} is compressed".format(path, name))
            index.extend(_LINE.format(name).encode() + struct.pack(_PLACE, offset, size))
        self._index = bytes(index)
        self._at = -1  # where the file stands; -1: not known

    @property
    def names(self):
        """Names of all members."""
        names, at = [], 0
        while at < len(self._index):
            end = self._index.find(b"\n", at + 1)
            names.append(self._index[at + 1 : end].decode())
            at = end + 1 + _PLACE_SIZE
        return names

    def _find(self, name):
        """Offset of a member's local header and its size, or None."""
        line = _LINE.format(name).encode()
        at = self._index.find(line) if name else -1
        return None if at < 0 else struct.unpack_from(_PLACE, self._index, at + len(line))

    # What `vfs.mount` and `import` ask of a file system

    def mount(self, readonly, mkfs):
        """Nothing to prepare."""

    def umount(self):
        """The archive is closed."""
        self._file.close()

    def chdir(self, path):
        """Only the root can be gone to."""
        if path.strip("/"):
            raise OSError(errno.ENOENT)

    def stat(self, path):
        """Type and size of a member or folder."""
        name = path.strip("/")
        member = self._find(name)
        if member:
            return (_FILE, 0, 0, 0, 0, 0, member[1], 0, 0, 0)
        if not name or self._index.find(_FOLDER_LINE.format(name).encode()) >= 0:
            return (_FOLDER, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        raise OSError(errno.ENOENT)

    def open(self, path, mode):
        """A stream of a member's bytes."""
        member = self._find(path.strip("/"))
        if not member or "w" in mode or "a" in mode:
            raise OSError(errno.ENOENT)
        offset, size = member
        local = bytearray(_LOCAL_SIZE)
        self.read_at(offset, local)
        start = offset + _LOCAL_SIZE + sum(struct.unpack("<HH", local[26:30]))
        content = Member(self, start, start + size)
        return content if "b" in mode else io.StringIO(content.read().decode())

    def read_at(self, at, buffer):
        """Fill `buffer` from byte `at` of the archive on; returns how many bytes there were."""
        if at != self._at:  # littlefs forgets at each seek what it has read ahead
            self._file.seek(at)
        got = self._file.readinto(buffer)
        self._at = at + got
        return got


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

    def read(self):
        """All that is left."""
        content = bytearray(self._end - self._next)
        self.readinto(content)
        return bytes(content)

    def ioctl(self, request, argument):
        """Closing needs nothing: the archive stays open."""
        return 0 if request == _STREAM_CLOSE else -1


def _directory(file, size):
    """Yield name, method, offset and size of each member."""
    file.seek(max(0, size - _END_SIZE))
    end = file.read(_END_SIZE)
    if len(end) < _END_SIZE or end[:4] != _END:
        raise ValueError("no ZIP archive, or not all of it")
    count, _, start = struct.unpack("<HII", end[10:20])
    file.seek(start)
    for _ in range(count):
        head = file.read(_MEMBER_SIZE)
        if len(head) < _MEMBER_SIZE or head[:4] != _MEMBER:
            raise ValueError("a ZIP archive with a damaged directory")
        method = struct.unpack("<H", head[10:12])[0]
        stored = struct.unpack("<I", head[24:28])[0]
        name, extra, comment = struct.unpack("<HHH", head[28:34])
        offset = struct.unpack("<I", head[42:46])[0]
        text = file.read(name).decode()
        file.read(extra + comment)
        yield text, method, offset, stored
