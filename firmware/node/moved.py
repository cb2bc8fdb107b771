"""Takes what stays as long as the node runs out of the heap: copies it into memory that no heap has, and lets everybody have the copy.

What is moved: the bytecode of functions, to which nothing but the function points, and of those that stand in them; functions themselves, which then are
other objects in the module or the class; and the longer texts of the code, which are found by a table of the module. None of these points back into the
heap, but for the module, which stays (py/objfun.h, py/emitglue.h, py/objproperty.c, py/objstr.h, py/bc.h; alike in MicroPython 1.22 to 1.26).
The host lists them with the CRC-32 of their bytes (`loa.provision.movable`), so what is not just what was expected stays where it is.
"""

import sys
from binascii import crc32
from struct import calcsize

from micropython import const

# A record of the list: name, two bytes of size, four of CRC-32, kind, one that is empty. Of a text the zero behind it counts for the CRC alone, and its name is
# its place among the constants, and behind a point what it is called in the module.
_RECORD_BYTES = const(32)
NAME_BYTES = const(24)
_KIND_AT = const(30)
CODE = const(0)  # of a function
INNER = const(1)  # of one inside of the last, `/` and its number behind that name; these have none inside
TABLE = const(2)  # of those inside, once all of them were moved; as many as the size says
FUNCTION = const(3)  # itself, if its code was moved: has no defaults, and what it stands in has it and not something made of it
TEXT = const(4)

_WORD = calcsize("P")  # bytes of a pointer

# In words
_OBJECT = const(4)  # `mp_obj_fun_bc_t`: type, context, table of children, code; `mp_obj_str_t`: type, hash, length, letters
_LENGTH = const(2)
_CHILDREN = const(2)
_BYTES = const(3)  # of the code or the letters
_GETTER = const(1)  # of `mp_obj_property_t`: type, getter, setter, deleter
_RAW = const(3)  # what counts of `mp_raw_code_t` for bytecode: kind, code, table of children
_RAW_CODE = const(1)
_ITEMS = const(3)  # of `mp_obj_list_t`: type, room, length, items
_CONSTANTS = const(3)  # of `mp_module_context_t`: type, names, table of names, table of constants


def move(application, listing, memory, slow):
    """Move what `listing` (a path) names of the module `application`: texts and as many functions as there is room for into `slow`, a `SpareMemory`, code
    and the other functions into `memory`, another, as long as there is room.

    Called at boot, while none of these functions is under way: it would go on with the code it has, which the collector would no longer keep.
    """
    try:
        file = open(listing, "rb")
    except OSError:
        return  # whoever has the memory has no list
    module = sys.modules[application]
    record = bytearray(_RECORD_BYTES)
    inner = None  # how many of the functions inside the last one were moved; None: it was not
    while file.readinto(record):
        name = record[:NAME_BYTES].rstrip(b"\0").decode()
        size = _number(record[NAME_BYTES : NAME_BYTES + 2])
        crc = _number(record[NAME_BYTES + 2 : _KIND_AT])
        kind = record[_KIND_AT]
        if kind == CODE:
            inner = 0 if _move_code(_function(module, name), _BYTES, size, crc, memory) else None
        elif kind == INNER and inner is not None:
            function, number = name.split("/")
            raw = _word(_word(_function(module, function), _CHILDREN), int(number))
            inner += _move_code(raw, _RAW_CODE, size, crc, memory)
        elif kind == TABLE and inner == size:
            _move_table(_function(module, name), size, memory)
        elif kind == FUNCTION:
            _move_function(module, name, memory, slow)
        elif kind == TEXT:
            _move_text(module, name, size, crc, slow)


def _function(module, name):
    """Address of the function that has this name, or of the getter of a property; 0: it is none."""
    holder, last = _place(module, name)
    found = getattr(holder, last, None)
    if type(found) is property:
        found = _object(_word(id(found), _GETTER))
    return id(found) if type(found) in (type(_number), type(_generator)) else 0


def _place(module, name):
    """What holds the thing of that name, and by which."""
    owner, _, last = name.rpartition(".")
    return getattr(module, owner, None) if owner else module, last


def _move_code(holder, pointer, size, crc, memory):
    """Move the code to which a word of the object at `holder` points; True if it was."""
    place = holder and _copied(_word(holder, pointer), size, memory, crc)
    if place:
        _set_word(holder, pointer, place)
    return bool(place)


def _move_table(function, count, memory):
    """Move the table of the functions inside a function, and what it points to, once their code was moved."""
    table = _copied(_word(function, _CHILDREN), count * _WORD, memory)
    raws = [table and _copied(_word(table, number), _RAW * _WORD, memory) for number in range(count)]
    if table and all(raws):
        for number in range(count):
            _set_word(table, number, raws[number])
        _set_word(function, _CHILDREN, table)


def _move_function(module, name, memory, slow):
    """Let there be another function of the same code, if all to which it points lies in `memory`: in `slow`, for no more than three words of it are read in a
    call, or there too."""
    function = _function(module, name)
    children = function and _word(function, _CHILDREN)
    if function and memory.holds(_word(function, _BYTES)) and (not children or memory.holds(children)):
        place = _copied(function, _OBJECT * _WORD, slow) or _copied(function, _OBJECT * _WORD, memory)
        if place:
            holder, last = _place(module, name)
            setattr(holder, last, _object(place))


def _move_text(module, name, size, crc, memory):
    """`name`: place among the constants of the module, and behind a point what it is called there, if anything."""
    place, _, called = name.partition(".")
    table, place = _word(id(module), _CONSTANTS), int(place)
    text = _word(table, place)
    if text % _WORD or _word(text, 0) not in (id(str), id(bytes)) or _word(text, _LENGTH) != size:
        return
    letters = _copied(_word(text, _BYTES), size + 1, memory, crc)
    copy = letters and _copied(text, _OBJECT * _WORD, memory)
    if copy:
        _set_word(copy, _BYTES, letters)
        _set_word(table, place, copy)
        if called and id(getattr(module, called, None)) == text:
            setattr(module, called, _object(copy))


def _copied(address, size, memory, crc=None):
    """Address of a copy of so many bytes; 0 where there is no room, or they have another CRC."""
    from uctypes import addressof, bytearray_at

    there = bytearray_at(address, size)
    place = memory.spare(size) if crc is None or crc32(there) == crc else None
    if not place:
        return 0
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
