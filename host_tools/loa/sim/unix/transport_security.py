"""`tls` as the board has it: dates of certificates are judged by the node's clock, addresses are no names, a handshake holds everything, and without PSRAM
there is one session.

The built-in mbedTLS does the cryptography. It reads the host's clock as well, so a certificate that has expired by that one is refused here too.
"""

import built_in
from chip import CHIP

from loa.sim.esp32.idf_heap import HEAP
from loa.sim.hardware.certificate import Malformed, has_ec_key, validity

_TLS = built_in.load("tls")
CERT_NONE = _TLS.CERT_NONE
CERT_OPTIONAL = _TLS.CERT_OPTIONAL
CERT_REQUIRED = _TLS.CERT_REQUIRED
PROTOCOL_TLS_CLIENT = _TLS.PROTOCOL_TLS_CLIENT
PROTOCOL_TLS_SERVER = _TLS.PROTOCOL_TLS_SERVER
MBEDTLS_VERSION = _TLS.MBEDTLS_VERSION

_EPOCH_2000 = 946_684_800
_REFUSED = -0x2700  # MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
_ADDRESS = "0123456789."  # mbedTLS of MicroPython 1.23 matches no addresses in certificates
_RSA_US = 95_000  # of computing on an emulated ESP32 whose bignum hardware is free
_EC_US = 163_000


class SSLContext:
    """As the built-in one, which it has inside."""

    def __init__(self, protocol):
        self._context = _TLS.SSLContext(protocol)
        self._is_client = protocol == PROTOCOL_TLS_CLIENT
        self._named = True
        if self._is_client:
            self._context.verify_callback = self._judge
        self.load_cert_chain = self._context.load_cert_chain
        self.load_verify_locations = self._context.load_verify_locations
        self.get_ciphers = self._context.get_ciphers
        self.set_ciphers = self._context.set_ciphers

    @property
    def verify_mode(self):
        return self._context.verify_mode

    @verify_mode.setter
    def verify_mode(self, mode):
        self._context.verify_mode = mode

    def wrap_socket(self, socket, *, server_side=False, do_handshake_on_connect=True, server_hostname=None):
        """OSError(ENOMEM) where the board has no memory for another session; it is given back when `socket` is closed."""
        self._named = not (server_hostname and all(letter in _ADDRESS for letter in server_hostname))
        if self._is_client:
            HEAP.open_session(CHIP.has_psram)
            socket.when_closed(HEAP.close_session)
        return self._context.wrap_socket(
            socket, server_side=server_side, do_handshake_on_connect=do_handshake_on_connect, server_hostname=server_hostname
        )

    def _judge(self, certificate, depth):
        """Called by mbedTLS for each certificate of the chain, the peer's own last (depth 0); 0 if it is good."""
        try:
            first, last = validity(certificate)
            computing_us = _EC_US if has_ec_key(certificate) else _RSA_US
        except Malformed:
            return _REFUSED
        if depth == 0:
            CHIP.charge(computing_us)
        now = CHIP.rtc.now_us() // 1_000_000 + _EPOCH_2000
        return 0 if self._named and first <= now <= last else _REFUSED
