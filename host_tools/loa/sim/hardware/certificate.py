"""Reads of an X.509 certificate what the emulated TLS needs: from when to when it is valid and what kind of key it names (RFC 5280, 4.1). Verifies nothing."""

from loa.sim.hardware.calendar import days

_SEQUENCE = 0x30
_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_EC_KEY = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"  # id-ecPublicKey (RFC 5480, 2.1.1), DER


class Malformed(ValueError):
    """This is no certificate."""


def validity(certificate):
    """`(from, until)` in Unix seconds, of a certificate in DER. Raises `Malformed`."""
    _, body = _fields(certificate)
    kinds_and_times = _elements(body[3])
    if len(kinds_and_times) != 2:
        raise Malformed("validity")
    return tuple([_unix(kind, text) for kind, text in kinds_and_times])


def has_ec_key(certificate):
    """True if its key is one of an elliptic curve. Raises `Malformed`."""
    _, body = _fields(certificate)
    return _EC_KEY in body[5]


def _fields(certificate):
    """The whole, and the contents of serial, signature, issuer, validity, subject and key."""
    whole = _elements(bytes(certificate))
    if len(whole) != 1 or whole[0][0] != _SEQUENCE:
        raise Malformed("no sequence")
    signed = _elements(whole[0][1])
    if not signed or signed[0][0] != _SEQUENCE:
        raise Malformed("nothing signed")
    parts = _elements(signed[0][1])
    if parts and parts[0][0] == _VERSION:
        parts = parts[1:]
    if len(parts) < 6:
        raise Malformed("parts are missing")
    return whole, [content for _, content in parts]


def _elements(data):
    """`(tag, content)` of the elements that follow one another in `data` (X.690, definite lengths)."""
    found, place = [], 0
    while place < len(data):
        if len(data) - place < 2:
            raise Malformed("cut off")
        tag, length = data[place], data[place + 1]
        place += 2
        if length & 0x80:
            count = length & 0x7F
            if not 0 < count <= 3 or len(data) - place < count:
                raise Malformed("length")
            length = int.from_bytes(data[place : place + count], "big")
            place += count
        if len(data) - place < length:
            raise Malformed("cut off")
        found.append((tag, data[place : place + length]))
        place += length
    return found


def _unix(kind, text):
    """A time of the form that RFC 5280 demands: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ else."""
    digits = text[:-1]
    if text[-1:] != b"Z" or not digits.isdigit() or len(digits) != {_UTC_TIME: 12, _GENERALIZED_TIME: 14}.get(kind):
        raise Malformed("time")
    if kind == _UTC_TIME:
        digits = (b"20" if digits < b"50" else b"19") + digits
    year = int(digits[:4])
    month, day, hour, minute, second = [int(digits[place : place + 2]) for place in range(4, 14, 2)]
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        raise Malformed("time")
    return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
