"""What a broker is told, as text: TLS, one account for each node and station, and what each may read and write. Pure; one function an engine.

The same accounts serve a broker that loa runs and one that a machine runs as a service (`loa site init` writes both).
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from pathlib import PurePath
from typing import Any

from loa.broker.users import User

Files = dict[str, bytes]  # content by name; the first one is the configuration itself, the others are those that it names

_ANY_PORT = -1
_LATE_MAX = 16_383  # reports that wait for a station. NATS, by itself: 1,024 in a session, what is more comes half a minute later; no more than 65,535 in four
_SALT_BYTES = 12
_ITERATIONS = 101  # of PBKDF2; Mosquitto's own number. Our passwords are 24 random bytes: nobody guesses one, hashed or not
_HASH_BYTES = 64


@dataclass(frozen=True)
class Serving:
    """Where a broker serves MQTT over TLS: port, certificate and key, and the folders of its data and of the files that it is told with."""

    port: int
    certificate: PurePath
    key: PurePath
    data: PurePath
    folder: PurePath


def nats(serving: Serving, users: Iterable[User]) -> Files:
    """For nats-server, which reads JSON. MQTT in NATS stands on JetStream, which keeps retained messages. A topic `a/b/+` is the subject `a.b.*` there."""
    return {"nats.conf": json.dumps(_nats(serving, users), indent=1).encode()}


def mosquitto(serving: Serving, users: Iterable[User]) -> Files:
    """For Mosquitto 2 (mosquitto.conf(5)): the configuration, its password file and its access list.

    Mosquitto grants every subscription and then delivers only what the access list lets an account read.
    """
    accounts = list(users)
    lines = [
        "per_listener_settings false",
        *(["user root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),  # else it would give up the right to read its own files
        f"listener {serving.port}",
        f"certfile {serving.certificate}",
        f"keyfile {serving.key}",
        "allow_anonymous false",
        f"password_file {serving.folder / 'mosquitto.passwords'}",
        f"acl_file {serving.folder / 'mosquitto.acl'}",
        "persistence true",
        f"persistence_location {serving.data}/",
        "autosave_interval 60",
        f"max_queued_messages {_LATE_MAX}",  # 1,000 by itself, and what is more is lost
        "connection_messages false",
        "log_dest stderr",
    ]
    return {
        "mosquitto.conf": "\n".join([*lines, ""]).encode(),
        "mosquitto.passwords": "".join(f"{user.name}:{_hashed(user)}\n" for user in accounts).encode(),
        "mosquitto.acl": "\n".join(_rights(user) for user in accounts).encode(),
    }


def _nats(serving: Serving, users: Iterable[User]) -> dict[str, Any]:
    return {
        "server_name": "loa",
        "host": "127.0.0.1",
        "port": _ANY_PORT,  # of NATS itself, which nobody uses
        "jetstream": {"store_dir": str(serving.data)},
        "mqtt": {
            "host": "0.0.0.0",
            "port": serving.port,
            "max_ack_pending": _LATE_MAX,
            "tls": {"cert_file": str(serving.certificate), "key_file": str(serving.key)},
        },
        "authorization": {"users": [_account(user) for user in users]},
    }


def _account(user: User) -> dict[str, Any]:
    return {
        "user": user.name,
        "password": user.password,
        "permissions": {
            "publish": {"allow": [_subject(topic) for topic in user.publish]},
            "subscribe": {"allow": [_subject(topic) for topic in user.subscribe]},
        },
    }


def _subject(topic: str) -> str:
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")


def _rights(user: User) -> str:
    lines = [f"user {user.name}", *(f"topic write {topic}" for topic in user.publish), *(f"topic read {topic}" for topic in user.subscribe)]
    return "\n".join([*lines, ""])


def _hashed(user: User) -> str:
    """As `mosquitto_passwd` writes it. The salt comes from the password itself, so that the file changes only where an account did."""
    salt = sha256(f"{user.name}\n{user.password}".encode()).digest()[:_SALT_BYTES]
    digest = pbkdf2_hmac("sha512", user.password.encode(), salt, _ITERATIONS, _HASH_BYTES)
    return f"$7${_ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"
