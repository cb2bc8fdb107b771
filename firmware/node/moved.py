"""Takes what stays as long as the node runs out of the heap: copies it into memory that no heap has, and lets everybody have the copy.

What is moved: the bytecode of functions, to which nothing but the function points; functions themselves, which then are other objects in the module or the
class; and the longer texts of the code, which are found by a table of the module. None of these points back into the heap, but for the module, which stays
(py/objfun.h, py/objstr.h, py/bc.h; alike in MicroPython 1.22 to 1.26).
The host lists them with the CRC-32 of their bytes (`loa.provision.movable`), so what is not just what was expected stays where it is.
"""

from binascii import crc32
from struct import calcsize

from micropython import const

_RECORD_BYTES = const(32)
_NAME_BYTES = const(24)
_TEXT = "#"  # begins the name of a text
_BARE = const(
    1
)  # of the byte behind a record's CRC: the function has no defaults, and what it stands in has itself and not something made of it
_WORD = calcsize("P")  # bytes of a pointer

# In words
_OBJECT = const(4)  # `mp_obj_fun_bc_t`: type, context, table of children, code; `mp_obj_str_t`: type, hash, length, letters
_LENGTH = const(2)
_CHILDREN = const(2)
_BYTES = const(3)  # of the code or the letters
_ITEMS = const(3)  # of `mp_obj_list_t`: type, room, length, items
_CONSTANTS = const(3)  # of `mp_module_context_t`: type, names, table of names, table of constants


def move(module, listing, memory, kept, slow):
    """Move what `listing` (a path) names of `module`: functions into `memory`, a `SpareMemory`, as long as `kept` bytes of it are left, the others and texts
    into `slow`, another. Returns how many bytes were moved.

    Called at boot, while none of these functions is under way: it would go on with the code it has, which the collector would no longer keep.
    """
    try:
        file = open(listing, "rb")
    except OSError:
        return 0  # whoever has the memory has no list
    record = bytearray(_RECORD_BYTES)
    moved = 0
    while file.readinto(record):
        name = record[:_NAME_BYTES].rstrip(b"\0").decode()
        size = _number(record[24:26])
        crc = _number(record[26:30])
        if name.startswith(_TEXT):
            moved += _move_text(module, name[1:], size, crc, slow.spare)
        else:
            has_room = memory.left() - size - _OBJECT * _WORD >= kept
            moved += _move_function(module, name, size, crc, memory.spare if has_room else slow.spare, record[30] == _BARE)
    return moved


def _move_function(module, name, size, crc, spare, bare):
    """How many bytes of it were moved: 0 if there is no room, or it is not what was listed."""
    owner, _, last = name.rpartition(".")
    holder = getattr(module, owner, None) if owner else module
    function = getattr(holder, last, None)
    if type(function) not in (type(_number), type(_generator)):
        return 0
    place = _copied(_word(id(function), _BYTES), size, crc, spare)
    if not place:
        return 0
    _set_word(id(function), _BYTES, place)
    if not bare or _word(id(function), _CHILDREN):
        return size
    place = _copied(id(function), _OBJECT * _WORD, None, spare)
    if not place:
        return size
    setattr(holder, last, _object(place))
    return size + _OBJECT * _WORD


def _move_text(module, where, size, crc, spare):
    """As above, of a text: `where` is its place among the constants of the module, and behind a point the name that it has there, if any."""
    place, _, name = where.partition(".")
    table, place = _word(id(module), _CONSTANTS), int(place)
    text = _word(table, place)
    if text % _WORD or _word(text, 0) not in (id(str), id(bytes)) or _word(text, _LENGTH) != size:
        return 0
    letters = _copied(_word(text, _BYTES), size + 1, crc, spare)
    copy = letters and _copied(text, _OBJECT * _WORD, None, spare)
    if not copy:
        return 0
    _set_word(copy, _BYTES, letters)
    _set_word(table, place, copy)
    if name and id(getattr(module, name, None)) == text:
        setattr(module, name, _object(copy))
    return size + 1 + _OBJECT * _WORD


def _copied(address, size, crc, spare):
    """Address of a copy of so many bytes; None where there is no room, or they have another CRC."""
    from uctypes import addressof, bytearray_at

    there = bytearray_at(address, size)
    place = spare(size) if crc is None or crc32(there) == crc else None
    if not place:
        return None
    place[:] = there
    return addressof(place)


def _word(address, place):
    from uctypes import bytearray_at

    return _number(bytearray_at(address + place * _WORD, _WORD))


def _set_word(address, place, word):
    from uctypes import bytearray_at

    bytearray_at(address + place * _WORD, _WORD)[:] = word.to_bytes(_WORD, "little")


def _object(address):
    """The object that lies there."""
    held = [None]
    _set_word(_word(id(held), _ITEMS), 0, address)
    return held[0]


def _number(field):
    return int.from_bytes(field, "little")


def _generator():
    yield
