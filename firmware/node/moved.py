"""Takes bytecode out of the heap: of the functions that stay as long as the node runs, it is copied into memory that no heap has, and the heap's is freed.

A function in bytecode points to its code, and nothing in the code points back into the heap (py/objfun.h, py/bc.h; alike in MicroPython 1.22 to 1.26).
The host lists the functions with the CRC-32 of their code (`loa.provision.movable`), so what is not just what was expected stays where it is.
"""

from binascii import crc32
from struct import calcsize

from micropython import const

_RECORD_BYTES = const(32)
_NAME_BYTES = const(24)
_WORD = calcsize("P")  # bytes of a pointer
_CODE_AT = 3 * _WORD  # of `mp_obj_fun_bc_t`: type, context, table of children, code


def move(module, listing, memory, kept):
    """Move what `listing` (a path) names of `module` into `memory`, a `SpareMemory`, but for `kept` bytes of it; returns how many bytes were moved.

    Called at boot, while none of these functions is under way: it would go on with the code it has, which the collector would no longer keep.
    """
    try:
        file = open(listing, "rb")
    except OSError:
        return 0  # whoever has the memory has no list
    record = bytearray(_RECORD_BYTES)
    moved = 0
    while file.readinto(record):
        function = _find(module, record[:_NAME_BYTES].rstrip(b"\0").decode())
        size = _number(record[24:26])
        if memory.left() - size >= kept:
            moved += _move(function, size, _number(record[26:30]), memory.spare)
    return moved


def _find(module, name):
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _move(function, size, crc, spare):
    """How many bytes of it were moved: 0 if there is no room, or it is not what was listed."""
    if type(function) not in (type(_find), type(_generator)):
        return 0
    from uctypes import addressof, bytearray_at

    pointer = bytearray_at(id(function) + _CODE_AT, _WORD)
    code = bytearray_at(_number(pointer), size)
    if crc32(code) != crc:
        return 0
    place = spare(size)
    if not place:
        return 0
    place[:] = code
    pointer[:] = addressof(place).to_bytes(_WORD, "little")
    return size


def _number(field):
    return int.from_bytes(field, "little")


def _generator():
    yield
