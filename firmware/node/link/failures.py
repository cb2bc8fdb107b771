"""What an error of a socket or of TLS says about the peer, as a refusal. CPython and mbedTLS tell it in different ways."""

from micropython import const

from node.refusal import ORIGIN, UNREACHABLE, Refused

ERRORS = (OSError, ValueError)  # mbedTLS names a refused certificate in a ValueError
_SSL_ERROR = const(1)  # errno of CPython's ssl.SSLError where the protocol failed
_MBEDTLS_EOF = const(-0x7280)  # MBEDTLS_ERR_SSL_CONN_EOF: the peer left


def refused(error, secure):
    """The Refused for `error`: ORIGIN for a peer that did not prove over TLS (`secure`) who it is, UNREACHABLE for all else, such as one that left."""
    number = (error.errno or 0) if isinstance(error, OSError) else _SSL_ERROR
    if secure and (number == _SSL_ERROR or (number < 0 and number != _MBEDTLS_EOF)):
        return Refused(ORIGIN, f"not proved over TLS: {error}")
    return Refused(UNREACHABLE, f"no connection, or it broke: {error}")
