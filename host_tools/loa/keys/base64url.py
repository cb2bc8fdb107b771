"""base64url without padding (RFC 7515), the form of every binary value on the wire."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


def encode(data: bytes) -> str:
    """Text of some bytes."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Bytes of a text; raises `binascii.Error` for lengths that no bytes have."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
