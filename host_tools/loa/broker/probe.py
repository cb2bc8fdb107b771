"""Asks a broker the only question that tells whether it serves: does it let an MQTT client in?"""

import socket
import ssl
from pathlib import Path

_TIMEOUT_S = 2.0
_CONNACK_ACCEPTED = bytes((0x20, 2, 0, 0))
_KEEPALIVE_S = 10


def lets_in(host: str, port: int, user: str, password: str, authority: Path) -> bool:
    """True if the broker answers CONNECT with "accepted". A refused or broken connection is False, a wrong certificate too."""
    context = ssl.create_default_context(cafile=authority)
    try:
        with socket.create_connection((host, port), _TIMEOUT_S) as plain, context.wrap_socket(plain, server_hostname=host) as stream:
            stream.sendall(_connect_packet(f"probe-{user}", user, password))
            answer = stream.recv(len(_CONNACK_ACCEPTED))
            stream.sendall(bytes((0xE0, 0)))
            return answer == _CONNACK_ACCEPTED
    except OSError:  # not listening yet, or not able to serve yet; ssl.SSLError is one too
        return False


def _connect_packet(client_id: str, user: str, password: str) -> bytes:
    """MQTT 3.1.1 CONNECT with a clean session, user and password; fits one length byte."""
    body = _text("MQTT") + bytes((4, 0xC2)) + _KEEPALIVE_S.to_bytes(2, "big") + _text(client_id) + _text(user) + _text(password)
    assert len(body) < 128
    return bytes((0x10, len(body))) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
