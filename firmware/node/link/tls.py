"""TLS contexts that trust the commune's own CA and nobody else. Revocation and scopes are the trust store's."""

import binascii
import ssl

_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def client_context(ca):
    """Context for connections to servers whose certificate leads to one in `ca`: PEM text, several certificates allowed. ValueError if it holds none.

    The peer's name is checked against the certificate's DNS names; mbedTLS of MicroPython 1.23 matches no IP addresses.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    for certificate in certificates(ca):
        context.load_verify_locations(cadata=certificate)
    return context


def certificates(pem):
    """The certificates of a PEM text (RFC 7468) as a list of DER: the one form that both mbedTLS and OpenSSL take from memory."""
    found = []
    position = pem.find(_BEGIN)
    while position >= 0:
        stop = pem.find(_END, position)
        if stop < 0:
            raise ValueError("a PEM certificate without its end")
        found.append(binascii.a2b_base64(pem[position + len(_BEGIN) : stop]))
        position = pem.find(_BEGIN, stop)
    if not found:
        raise ValueError("no PEM certificate")
    return found
