"""The host's twin of `node.bus.rs256.verify`: every node still judges every signature that it is sent, but OpenSSL does the multiplications.

It says yes and no to the same signatures (`tests/unit/test_fleet_signatures.py`), in one step instead of 17. Keys that OpenSSL does not take, such as those too
short for it, are left to the firmware.
"""

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

Verify = Callable[[bytes, int, bytes, bytes], Any]
_KEYS_MAX = 256  # whoever owns a broker may name any; those of a commune are a handful


def twin_of(firmware: Verify) -> Verify:
    """`verify` with the same arguments and answers as the firmware's, which does what OpenSSL does not."""
    keys: dict[tuple[bytes, int], RSAPublicKey | None] = {}
    padding, digest = PKCS1v15(), SHA256()

    async def verify(modulus: bytes, exponent: int, message: bytes, signature: bytes) -> bool:
        place = (bytes(modulus), exponent)
        if place not in keys:
            if len(keys) >= _KEYS_MAX:
                keys.clear()
            keys[place] = _key(*place)
        key = keys[place]
        if key is None:
            return bool(await firmware(modulus, exponent, message, signature))
        try:
            key.verify(bytes(signature), bytes(message), padding, digest)
        except InvalidSignature:
            return False
        return True

    return verify


def _key(modulus: bytes, exponent: int) -> RSAPublicKey | None:
    try:
        return RSAPublicNumbers(exponent, int.from_bytes(modulus, "big")).public_key()
    except ValueError:
        return None
