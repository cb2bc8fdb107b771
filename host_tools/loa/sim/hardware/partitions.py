"""The partition table at 0x8000 of an ESP32's flash (ESP-IDF, "Partition Tables"): 32-byte entries, then the entry with their MD5.

Both directions, so that what the image builder writes is what the emulated `esp32.Partition` reads.
"""

import hashlib
import struct

ADDRESS = 0x8000
BYTES = 0xC00
TYPE_APP = 0
TYPE_DATA = 1
_ENTRY = "<HBBII16sI"
_ENTRY_BYTES = 32
_MAGIC = 0x50AA
_MD5_HEAD = b"\xeb\xeb" + b"\xff" * 14
_END = b"\xff" * _ENTRY_BYTES


class Entry:
    """One partition: `label` of at most 15 letters, `type` and `subtype` as numbers, `address` and `size` in bytes."""

    def __init__(self, label, type, subtype, address, size, flags=0):
        self.label = label
        self.type = type
        self.subtype = subtype
        self.address = address
        self.size = size
        self.flags = flags

    def packed(self):
        """The 32 bytes."""
        return struct.pack(_ENTRY, _MAGIC, self.type, self.subtype, self.address, self.size, self.label.encode(), self.flags)


def pack(entries):
    """The whole table, `BYTES` long."""
    body = b"".join([entry.packed() for entry in entries])
    table = body + _MD5_HEAD + hashlib.md5(body).digest()
    return table + b"\xff" * (BYTES - len(table))


def unpack(table):
    """The entries of a table; none if the flash is blank. ValueError for a table that the boot loader would refuse."""
    entries = []
    for start in range(0, len(table), _ENTRY_BYTES):
        piece = bytes(table[start : start + _ENTRY_BYTES])
        if piece == _END:
            return entries
        if piece[:16] == _MD5_HEAD:
            if hashlib.md5(bytes(table[:start])).digest() != piece[16:]:
                raise ValueError("partition table: MD5")
            return entries
        magic, type, subtype, address, size, label, flags = struct.unpack(_ENTRY, piece)
        if magic != _MAGIC:
            raise ValueError("partition table: entry {}".format(start // _ENTRY_BYTES))
        entries.append(Entry(label.rstrip(b"\x00").decode(), type, subtype, address, size, flags))
    return entries
