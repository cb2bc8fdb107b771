"""RSA keys that sign documents: made, stored, and used for compact JWS with RS256 (RFC 7515)."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import RSAKey

from loa.errors import EXIT_KEYS, LoaError
from loa.keys import base64url
from loa.keys.files import write_private
from loa.language import _

KEY_BITS = 2048
_EXPONENT = 65537


def new_rsa_key() -> rsa.RSAPrivateKey:
    """A fresh private key of the one size that nodes verify."""
    return rsa.generate_private_key(_EXPONENT, KEY_BITS)


def store_rsa_key(path: Path, key: rsa.RSAPrivateKey, passphrase: str | None = None) -> None:
    """Write a private key as PEM (PKCS #8), encrypted if there is a passphrase."""
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    write_private(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))


def load_rsa_key(path: Path, passphrase: str | None = None) -> rsa.RSAPrivateKey:
    """Read a private key. Raises `LoaError` if it is missing, locked, opened with a wrong passphrase, or no RSA key."""
    try:
        pem = path.read_bytes()
        locked = b"ENCRYPTED" in pem
        key = serialization.load_pem_private_key(pem, passphrase.encode() if passphrase and locked else None)
    except OSError as error:
        raise LoaError(
            _("{path}: cannot be read: {strerror}", path=path, strerror=error.strerror), _("run `loa keys`"), EXIT_KEYS
        ) from error
    except TypeError as error:
        raise LoaError(_("{path}: the key is locked", path=path), _("give its passphrase"), EXIT_KEYS) from error
    except ValueError as error:
        raise LoaError(
            _("{path}: the key does not open", path=path), _("check the passphrase, or restore the file from its backup"), EXIT_KEYS
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise LoaError(_("{path}: not an RSA key", path=path), _("restore the file from its backup"), EXIT_KEYS)
    return key


class SigningKey:
    """A private key with the id by which nodes know it."""

    def __init__(self, kid: str, key: rsa.RSAPrivateKey) -> None:
        self.kid = kid
        self._key = RSAKey.import_key(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )

    def public(self) -> dict[str, Any]:
        """`n` as base64url and `e` as a number: the form of a trust document's key and of a node's root key."""
        numbers = self._key.as_dict(private=False)
        return {"n": numbers["n"], "e": int.from_bytes(base64url.decode(str(numbers["e"])), "big")}

    def sign(self, payload: dict[str, Any]) -> str:
        """The payload as compact JWS, JSON without spaces and in UTF-8."""
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        return jws.serialize_compact({"alg": "RS256", "kid": self.kid}, text, self._key)


def open_signed(raw: str, public: dict[str, Any]) -> dict[str, Any]:
    """The payload of a compact JWS that a key signed; raises joserfc's BadSignatureError if it did not."""
    exponent = int(public["e"])
    key = RSAKey.import_key(
        {"kty": "RSA", "n": public["n"], "e": base64url.encode(exponent.to_bytes((exponent.bit_length() + 7) // 8, "big"))}
    )
    payload: dict[str, Any] = json.loads(jws.deserialize_compact(raw, key, algorithms=["RS256"]).payload)
    return payload
