"""Describes JSON values and refuses those that do not fit, naming the place. Says nothing about what a value means.

A kind is a tuple: which of the forms below it has, and what that has to know; so a table takes a third less of a small board than one of objects. The
function of a form raises `Refused(MALFORMED, ...)`, and of what has parts returns an iterator over those that are still to be checked, as (kind, value, where);
otherwise None. The station checks what it signs by the same tables, and `docs/protocol.md` is checked against them; `schema_text`
puts kinds into words.
"""

from micropython import const

from node.late import Loading
from node.refusal import MALFORMED, Refused

TEXT = const(0)
WHOLE = const(1)
FLAG = const(2)
WORD = const(3)
LIST = const(4)
MAP = const(5)
RECORD = const(6)
OR_NULL = const(7)


def Text(longest, test=None, what="text"):
    """A string of at most `longest` UTF-8 bytes that satisfies `test`, described by `what`."""
    return TEXT, longest, test, what


def Whole(low, high, what="", test=None):
    """A whole number from `low` to `high`, both included, that satisfies `test`. JSON true and false are no numbers."""
    return WHOLE, low, high, what, test


def Flag():
    """true or false."""
    return (FLAG,)


def OneOf(*words):
    """One of a few words."""
    return WORD, words


def ListOf(kind, most, least=0):
    """A list of `least` to `most` values of one kind."""
    return LIST, kind, most, least


def MapOf(name, kind, most):
    """An object with at most `most` members whose names are one kind and values another."""
    return MAP, name, kind, most


def Record(title, required, optional=None):
    """An object with named members. Unknown members are let through: a newer station may say more than this node reads."""
    return RECORD, title, required, optional or {}


def OrNull(kind):
    """A value of a kind, or null."""
    return OR_NULL, kind


def check(kind, value, where):
    """Raises `Refused(MALFORMED, ...)` if `value`, which stands at the place `where`, is not of the kind."""
    parts = _LOOKS[kind[0]](kind, value, where)
    if parts is not None:
        for part, item, place in parts:
            check(part, item, place)


async def check_in_steps(record, value, step):
    """As `check(record, value, "")`, but with `await step()` after each item of its lists and objects: a full plan takes longer than a node may be busy."""
    for kind, member, where in _record(record, value, ""):
        for part, item, place in _LOOKS[kind[0]](kind, member, where) or ():
            check(part, item, place)
            await step()


def _text(kind, value, where):
    _, longest, test, _ = kind
    if not isinstance(value, str) or not _fits(value, longest) or (test and not test(value)):
        _refuse(kind, where)


def _fits(text, longest):
    try:
        return len(text.encode()) <= longest
    except UnicodeError:  # half of a surrogate pair, which JSON can name and UTF-8 cannot
        return False


def _whole(kind, value, where):
    _, low, high, _, test = kind
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high or (test and not test(value)):
        _refuse(kind, where)


def _flag(kind, value, where):
    if value is not True and value is not False:
        _refuse(kind, where)


def _word(kind, value, where):
    if value not in kind[1]:
        _refuse(kind, where)


def _list(kind, value, where):
    _, part, most, least = kind
    if not isinstance(value, list) or not least <= len(value) <= most:
        _refuse(kind, where)
    for index, item in enumerate(value):
        yield part, item, "{}[{}]".format(where, index)


def _map(kind, value, where):
    _, name_kind, part, most = kind
    if not isinstance(value, dict) or len(value) > most:
        _refuse(kind, where)
    for name in value:
        check(name_kind, name, where + ".name")
        yield part, value[name], "{}.{}".format(where, name)


def _record(kind, value, where):
    _, _, required, optional = kind
    if not isinstance(value, dict):
        _refuse(kind, where)
    for name in required:
        if name not in value:
            raise Refused(MALFORMED, "{}: lacks {}".format(where or "document", name))
        yield required[name], value[name], where + "." + name if where else name
    for name in optional:
        if name in value:
            yield optional[name], value[name], where + "." + name if where else name


def _or_null(kind, value, where):
    return None if value is None else _LOOKS[kind[1][0]](kind[1], value, where)


_LOOKS = (_text, _whole, _flag, _word, _list, _map, _record, _or_null)


def _refuse(kind, where):
    """What stands at the place `where` is not of the kind."""
    with Loading():
        from node.bus.schema_text import wanted
    raise Refused(MALFORMED, "{}: needs {}".format(where or "document", wanted(kind)))
