"""DNS messages (RFC 1035): makes a question for the addresses of a name and takes them out of an answer. Pure; reads bytes of unknown origin."""

import struct

from micropython import const

_HEADER = const(12)
_NAME_MAX = const(255)
_LABEL_MAX = const(63)
_POINTER = const(0xC0)
_RECORDS_MAX = const(32)
_ADDRESSES_MAX = const(4)
_TYPE_A = const(1)
_TYPE_CNAME = const(5)
_CLASS_IN = const(1)
_CNAMES_MAX = const(8)

# Header flags (4.1.1)
_RECURSION_DESIRED = const(0x0100)
_IS_ANSWER = const(0x8000)
_OPCODE_MASK = const(0x7800)
_TRUNCATED = const(0x0200)
_CODE_MASK = const(0x000F)
_NAME_ERROR = const(3)


class Malformed(Exception):
    """The bytes are no DNS message that answers the question; the reason is the argument."""


def question(number, name):
    """Query number `number` (0 to 65535) for A records of `name`. ValueError for a name that DNS cannot carry (2.3.4)."""
    return struct.pack(">HHHHHH", number, _RECURSION_DESIRED, 1, 0, 0, 0) + _encoded(name) + struct.pack(">HH", _TYPE_A, _CLASS_IN)


def answer(message, asked):
    """`(addresses, ttl in seconds)` that `message` gives to the query `asked`: up to four dotted addresses along its CNAME chain.

    No addresses and TTL 0: the name does not exist or has none. None: the server could not tell, another may. Raises Malformed.
    """
    if len(message) < len(asked) or message[:2] != asked[:2]:
        raise Malformed("another number")
    flags, questions, records = struct.unpack_from(">HHH", message, 2)
    if not flags & _IS_ANSWER or flags & _OPCODE_MASK or questions != 1:
        raise Malformed("no answer to one question")
    name, position = _name(message, _HEADER)
    wanted = _name(asked, _HEADER)[0]
    if name != wanted or message[position : position + 4] != asked[-4:]:
        raise Malformed("another question")
    code = flags & _CODE_MASK
    if code == _NAME_ERROR:
        return (), 0
    if code:
        return None
    found = _addresses(wanted, _records(message, position + 4, min(records, _RECORDS_MAX), flags & _TRUNCATED))
    return None if flags & _TRUNCATED and not found[0] else found


def _addresses(wanted, records):
    """Follow `wanted` through the CNAME records (3.6.2) to its addresses; the shortest TTL on the way holds."""
    ttls = []
    for _ in range(_CNAMES_MAX):
        own = [record for record in records if record[0] == wanted]
        addresses = [record[3] for record in own if record[1] == _TYPE_A][:_ADDRESSES_MAX]
        if addresses:
            ttls += [record[2] for record in own if record[1] == _TYPE_A]
            return tuple(addresses), min(ttls)
        aliases = [record for record in own if record[1] == _TYPE_CNAME]
        if not aliases:
            break
        ttls.append(aliases[0][2])
        wanted = aliases[0][3]
    return (), 0


def _records(message, position, count, truncated):
    """The A and CNAME records of the answer section as (name, type, ttl, address or name)."""
    records = []
    for _ in range(count):
        if truncated and position >= len(message):
            break
        name, position = _name(message, position)
        if position + 10 > len(message):
            raise Malformed("cut off in a record")
        kind, family, ttl, length = struct.unpack_from(">HHIH", message, position)
        position += 10
        if position + length > len(message):
            raise Malformed("cut off in a record")
        if family == _CLASS_IN and kind == _TYPE_A:
            if length != 4:
                raise Malformed(f"an address of {length} bytes")
            records.append((name, kind, _seconds(ttl), "{}.{}.{}.{}".format(*message[position : position + 4])))
        elif family == _CLASS_IN and kind == _TYPE_CNAME:
            records.append((name, kind, _seconds(ttl), _name(message, position)[0]))
        position += length
    return records


def _seconds(ttl):
    """A TTL with the top bit set counts as 0 (RFC 2181, 8)."""
    return 0 if ttl >> 31 else ttl


def _encoded(name):
    encoded = b""
    for label in name.rstrip(".").split("."):
        octets = label.encode()
        if not 0 < len(octets) <= _LABEL_MAX or not all(32 < octet < 127 for octet in octets):
            raise ValueError("not a host name: " + name)
        encoded += bytes((len(octets),)) + octets
    encoded += b"\0"
    if len(encoded) > _NAME_MAX:
        raise ValueError("not a host name: " + name)
    return encoded


def _name(message, position):
    """`(name as bytes in lower case, position behind it)`. A pointer (4.1.4) must lead backwards, so that no loop can be made of them."""
    name = b""
    behind = None
    lowest = position
    for _ in range(_NAME_MAX):
        if position >= len(message):
            break
        length = message[position]
        if length == 0:
            return name, position + 1 if behind is None else behind
        if length & _POINTER == _POINTER:
            if position + 2 > len(message):
                break
            if behind is None:
                behind = position + 2
            position = (length & 0x3F) << 8 | message[position + 1]
            if position >= lowest:
                raise Malformed("a pointer that leads nowhere")
            lowest = position
        elif length > _LABEL_MAX:
            raise Malformed("a label of an unknown kind")
        else:
            label = message[position + 1 : position + 1 + length]
            name += bytes((length,)) + bytes(label).lower()
            position += 1 + length
            if len(name) > _NAME_MAX:
                raise Malformed("a name that is too long")
    raise Malformed("cut off in a name")
