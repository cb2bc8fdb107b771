"""The host's twin of the signature check says yes and no to what the firmware says yes and no to, whatever the signature, the message and the key are."""

import asyncio
import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.sim.fleet.signatures import twin_of
from node.bus import rs256

_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_DIGEST_INFO_WITHOUT_NULL = bytes.fromhex("302f300b06096086480165030402010420")


@cache
def _made(exponent: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, 2048)


def key(exponent: int = 65537) -> rsa.RSAPrivateKey:
    return _made(exponent)


def number(size: int = 256, exponent: int = 65537) -> bytes:
    return key(exponent).public_key().public_numbers().n.to_bytes(size, "big")


def sealed(encoded: bytes) -> bytes:
    """The signature from which exactly these 256 bytes are recovered."""
    numbers = key().private_numbers()
    return pow(int.from_bytes(encoded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")


def both(modulus: bytes, exponent: int, message: bytes, signature: bytes) -> bool:
    """What the two say, once they agree."""

    async def ask() -> tuple[bool, bool]:
        arguments = (modulus, exponent, message, signature)
        return await rs256.verify(*arguments), await twin_of(rs256.verify)(*arguments)

    firmware, twin = asyncio.run(ask())
    assert twin is firmware
    return twin


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_a_good_signature_is_good(message: bytes) -> None:
    assert both(number(), 65537, message, key().sign(message, padding.PKCS1v15(), SHA256()))


@settings(deadline=None)
@given(st.binary(max_size=100), st.integers(0, 2047))
def test_one_bit_more_or_less_is_bad(message: bytes, bit: int) -> None:
    signature = int.from_bytes(key().sign(message, padding.PKCS1v15(), SHA256()), "big") ^ 1 << bit
    assert not both(number(), 65537, message, signature.to_bytes(256, "big"))


@settings(deadline=None)
@given(st.binary(max_size=260))
def test_rubbish_is_bad(signature: bytes) -> None:
    assert not both(number(), 65537, b"message", signature)


@settings(deadline=None)
@given(st.integers(0, 200), st.binary(max_size=64), st.sampled_from([b"\x00\x01", b"\x00\x02", b"\x00\x00", b"\x01\x01"]), st.booleans())
def test_what_a_lax_parser_would_take_is_bad(filling: int, behind: bytes, head: bytes, without_null: bool) -> None:
    info = _DIGEST_INFO_WITHOUT_NULL if without_null else _DIGEST_INFO
    encoded = head + b"\xff" * filling + b"\x00" + info + hashlib.sha256(b"message").digest() + behind
    encoded = encoded[:256] + bytes(256 - len(encoded[:256]))
    if int.from_bytes(encoded, "big") < int.from_bytes(number(), "big"):
        assert not both(number(), 65537, b"message", sealed(encoded))


def test_the_exact_form_is_good_and_its_representative_beyond_the_modulus_is_bad() -> None:
    info = _DIGEST_INFO + hashlib.sha256(b"message").digest()
    signature = sealed(b"\x00\x01" + b"\xff" * (253 - len(info)) + b"\x00" + info)
    assert both(number(), 65537, b"message", signature)
    larger = int.from_bytes(signature, "big") + int.from_bytes(number(), "big")
    if larger < 1 << 2048:
        assert not both(number(), 65537, b"message", larger.to_bytes(256, "big"))
    assert not both(number(), 65537, b"message", b"\x00" + signature)
    assert not both(number(), 65537, b"message", signature[1:])


def test_other_keys_and_those_that_openssl_does_not_take() -> None:
    signature = key(3).sign(b"message", padding.PKCS1v15(), SHA256())
    assert both(number(exponent=3), 3, b"message", signature)
    assert not both(number(exponent=3), 65537, b"message", signature)
    assert not both(number()[:61], 65537, b"message", signature[:61])
