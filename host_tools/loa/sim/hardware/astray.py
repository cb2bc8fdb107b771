"""What somebody on the way does to a node's packets, as `surroundings` says it: connections end elsewhere, time servers' answers become lies."""

import struct

ANY_PORT = "*"
_NTP_BYTES = 48
_NTP_TIMES = (32, 40)  # receive and transmit timestamp (RFC 5905, 7.3)


def detour(detours, port):
    """The local port at which a connection to `port` ends instead; None: it goes where it should."""
    return detours.get(str(port), detours.get(ANY_PORT))


def told_the_time(time_lie, port, datagram):
    """`datagram` from `port`, or the lie that a time server's answer has become."""
    seconds = time_lie.get(str(port))
    if seconds is None or len(datagram) != _NTP_BYTES:
        return datagram
    changed = bytearray(datagram)
    for place in _NTP_TIMES:
        (told,) = struct.unpack_from(">I", changed, place)
        struct.pack_into(">I", changed, place, (told + seconds) & 0xFFFFFFFF)
    return bytes(changed)
