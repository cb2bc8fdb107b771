"""The site's own certificate authority and the one server certificate of broker and HTTPS.

Both are valid from 2000-01-01, the date on which a node without time wakes up; what must no longer be believed is revoked in the trust
document, not by date. Nodes verify names, so servers are addressed by name (`docs/board.md`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)  # later dates need another encoding
_EVERYWHERE = ("localhost", "127.0.0.1")


def make_authority(site_name: str, key: rsa.RSAPrivateKey) -> bytes:
    """PEM of a self-signed authority that may sign servers and nothing below them."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"loa {site_name}"[:64])])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return _pem(
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def make_server(names: Iterable[str], key: rsa.RSAPrivateKey, authority: bytes, authority_key: rsa.RSAPrivateKey) -> bytes:
    """PEM of a server certificate for the given names and addresses, localhost always among them."""
    issuer = x509.load_pem_x509_certificate(authority)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loa server")])
    usage = x509.KeyUsage(True, False, True, False, False, False, False, False, False)
    return _pem(
        _builder(subject, issuer.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in sorted({*_EVERYWHERE, *names})]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def serves(server: bytes, authorities: bytes, names: Iterable[str]) -> bool:
    """True if a server certificate was signed by one of these authorities, holds all the names and is not over."""
    certificate = x509.load_pem_x509_certificate(server)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    held = {str(name.value) for name in alternatives}
    signer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    issuers = x509.load_pem_x509_certificates(authorities)
    known = {x509.SubjectKeyIdentifier.from_public_key(_rsa(issuer)).digest for issuer in issuers}
    return {*_EVERYWHERE, *names} <= held and signer in known and certificate.not_valid_after_utc > datetime.now(UTC)


def split(authorities: bytes) -> list[bytes]:
    """The certificates of a PEM file one by one, as they stand there."""
    return [_pem(certificate) for certificate in x509.load_pem_x509_certificates(authorities)]


def _rsa(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
