"""NTP packets of a simple client (RFC 4330, RFC 5905): a request that says nothing of this node, and what an answer must satisfy. Pure."""

import struct

from micropython import const

_PACKET = const(48)
_CLIENT = const(0x23)  # leap 0, version 4, mode 3
_SERVER = const(4)
_ALARM = const(3)  # leap indicator: not synchronised
_STRATUM_MAX = const(15)
_ROUND_TRIP_MAX_MS = const(2000)
_DISTANCE_MAX = const(16 << 16)  # seconds as 16.16: MAXDISP (RFC 5905, 7.2)
_NTP_TO_UNIX = const(2208988800)  # 1900 to 1970
_ERA = const(1 << 32)


class Unfit(Exception):
    """The answer is ours, but no time can be taken from it; the reason is the argument. `kiss` is the code of a kiss-o'-death or None."""

    def __init__(self, reason, kiss=None):
        super().__init__(reason)
        self.kiss = kiss


def request(nonce):
    """A request whose transmit timestamp is 8 random bytes, not the time: it comes back as proof that the answer is to this request."""
    return bytes((_CLIENT,)) + bytes(39) + nonce


def answers(packet, nonce):
    """True if `packet` is a server's answer to the request with this nonce (RFC 5905, 8: packet test 2, bogus)."""
    return len(packet) >= _PACKET and packet[0] & 7 == _SERVER and packet[24:32] == nonce


def unix_ms(packet, round_trip_ms):
    """Unix ms at the moment of arrival of an answer that came `round_trip_ms` after its request. Raises Unfit."""
    leap, version, stratum = packet[0] >> 6, packet[0] >> 3 & 7, packet[1]
    if stratum == 0:
        raise Unfit("kiss-o'-death", bytes(packet[12:16]))
    delay, dispersion = struct.unpack_from(">II", packet, 4)
    received, transmitted = _stamp(packet, 32), _stamp(packet, 40)
    if leap == _ALARM or stratum > _STRATUM_MAX or delay // 2 + dispersion >= _DISTANCE_MAX:
        raise Unfit("the server is not synchronised")
    if version not in (3, 4) or not packet[40:48].strip(b"\0") or transmitted < received:
        raise Unfit("no proper timestamps")
    if round_trip_ms > _ROUND_TRIP_MAX_MS:
        raise Unfit(f"an answer after {round_trip_ms} ms")
    underway_ms = max(0, round_trip_ms - (transmitted - received))
    return transmitted + underway_ms // 2


def _stamp(packet, at):
    """Timestamp as Unix ms. With the top bit clear it belongs to the era that begins in 2036 (RFC 4330, 3)."""
    seconds, fraction = struct.unpack_from(">II", packet, at)
    if not seconds >> 31:
        seconds += _ERA
    return (seconds - _NTP_TO_UNIX) * 1000 + (fraction * 1000 >> 32)
