"""Small files that are either the old or the new ones, whatever happens in between, and that notice when their bytes have changed.

A file is written under a second name and renamed, which littlefs does in one commit (POSIX too, as long as the host itself stays up); its last
four bytes are the CRC-32 of the rest. For contents of a few kilobytes: it is read as a whole.
"""

import asyncio
import binascii
import os
from errno import EEXIST, ENOENT

_NEW = ".new"
_PIECE = 4096
_CRC_BYTES = 4


class Damaged(Exception):
    """The file's bytes are not those that were written, or cannot be read."""


async def replace(gate, path, data):
    """Make `data` (bytes) the content of the file at `path`, in silence. Raises OSError; the old content then stands."""
    view = memoryview(data)
    async with gate.writing():
        with open(path + _NEW, "wb") as file:
            for start in range(0, len(data), _PIECE):
                file.write(view[start : start + _PIECE])
                await asyncio.sleep_ms(0)
            file.write(crc(data))
        await asyncio.sleep_ms(0)
        os.rename(path + _NEW, path)


def read(path, limit):
    """Content of a file written by `replace`, None if there is none; at most `limit` bytes. Raises `Damaged`."""
    try:
        size = size_of(path)
        if size is None:
            return None
        if not _CRC_BYTES <= size <= limit + _CRC_BYTES:
            raise Damaged("{}: {} bytes".format(path, size))
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise Damaged("{}: {}".format(path, error))
    data = content[:-_CRC_BYTES]
    if content[-_CRC_BYTES:] != crc(data):
        raise Damaged("{}: CRC".format(path))
    return data


def size_of(path):
    """Bytes in a file, None if there is none."""
    try:
        return os.stat(path)[6]
    except OSError as error:
        if error.errno != ENOENT:
            raise
        return None


async def remove(gate, path):
    """Remove a file, in silence; none is as good."""
    async with gate.writing():
        discard(path)


def discard(path):
    """`remove` for who has the gate's permission already."""
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != ENOENT:
            raise


async def prepare(gate, folder):
    """At boot: make the folder if it is missing, remove what an interrupted `replace` left, and list the names that stand there."""
    async with gate.writing():
        try:
            os.mkdir(folder)
        except OSError as error:
            if error.errno != EEXIST:
                raise
    names = []
    for name in os.listdir(folder):
        if name.endswith(_NEW):
            await remove(gate, folder + "/" + name)
        else:
            names.append(name)
    return names


def crc(data):
    """What stands behind the content of a file: CRC-32, 4 bytes, little-endian."""
    return binascii.crc32(data).to_bytes(_CRC_BYTES, "little")
