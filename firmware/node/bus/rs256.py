"""Verifies RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3; RFC 8017, 8.2.2), in steps short enough for a node that plays.

The whole encoded message is built and compared, nothing in the signature is parsed: forgeries that hide behind a lax parser find none.
"""

import asyncio
import hashlib

# DigestInfo of a SHA-256 up to the hash itself (RFC 8017, 9.2, note 1)
_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
_FRAME_BYTES = 3 + 8  # 00 01 ... 00, and the least padding that RFC 8017, 9.2 allows


async def verify(modulus, exponent, message, signature):
    """True if `signature` is one of `message` under the key (all bytes, the modulus big-endian without leading zero; `exponent` an int >= 3).

    One modular multiplication for each bit of the exponent and one more for each further 1 in it, 17 for 65537, with a yield between any two.
    """
    size = len(modulus)
    expected = _encoded(message, size)
    n = int.from_bytes(modulus, "big")
    base = int.from_bytes(signature, "big")
    if expected is None or len(signature) != size or base >= n:
        return False
    power = base
    for bit in _bits_below_the_first(exponent):
        power = power * power % n
        await asyncio.sleep_ms(0)
        if bit:
            power = power * base % n
            await asyncio.sleep_ms(0)
    return power.to_bytes(size, "big") == expected


def _encoded(message, size):
    """EMSA-PKCS1-v1_5 of `message` in `size` bytes (RFC 8017, 9.2), None if a key of that size is too short for it."""
    info = _DIGEST_INFO + hashlib.sha256(message).digest()
    padding = size - len(info) - 3
    if size < len(info) + _FRAME_BYTES:
        return None
    return b"\x00\x01" + b"\xff" * padding + b"\x00" + info


def _bits_below_the_first(exponent):
    """Bits of a positive number behind its leading 1, highest first."""
    bits = []
    while exponent > 1:
        bits.append(exponent & 1)
        exponent >>= 1
    return reversed(bits)
