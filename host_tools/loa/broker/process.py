"""A broker that runs on this machine as a process of ours: its folder, port, start and end. What an engine is called and wants to be told is its own.

It does not outlive the program that started it.

The folder holds configuration, data, log and the chosen port. Whatever the accounts of the site become is put into force by `reload`.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

from loa.broker.configuration import Files, Serving
from loa.broker.probe import lets_in
from loa.broker.users import User, users_of
from loa.errors import EXIT_BROKER, LoaError
from loa.keys import Keyring
from loa.keys.files import write_private
from loa.language import _
from loa.site.model import Site

_START_S = 20.0
_STOP_S = 10.0
_POLL_S = 0.05
_ATTEMPTS = 5  # another program may take a port between our finding it free and the server's binding it
_IN_USE = "address already in use"
_GUARD = 'read -r _; kill -9 "$0"'  # what it reads from ends with this program, however that ends
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")  # not on everybody's PATH, and where distributions put servers


class LocalBroker(ABC):
    """One server for one site. `folder` is its own."""

    engine: str  # as `broker.kind` in site.toml has it
    program: str

    @staticmethod
    @abstractmethod
    def _how_to_get() -> str:
        """What to do on a machine without the program."""

    def __init__(self, site: Site, keyring: Keyring, folder: Path) -> None:
        self._site = site
        self._keyring = keyring
        self._folder = folder.resolve()
        self._config = self._folder / f"{self.engine}.conf"
        self._ports_file = self._folder / "ports.json"
        self._pid_file = self._folder / f"{self.engine}.pid"
        self._data = self._folder / f"data-{self.engine}"
        self._users: list[User] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self.log_file = self._folder / f"{self.engine}.log"

    @classmethod
    def is_here(cls) -> bool:
        """True if its program is on this machine."""
        return _found(cls.program) is not None

    @abstractmethod
    def _configuration(self, port: int, users: list[User]) -> Files:
        """The files that tell it everything; the first one is given to it."""

    @property
    def host(self) -> str:
        """Name by which clients reach it."""
        return self._site.broker.host

    @property
    def port(self) -> int:
        """MQTT port, the site's or the one found free at the first start."""
        port = self._held_port()
        if port is None:
            raise LoaError(_("the broker has not been started yet"), _("run `loa broker`"), EXIT_BROKER)
        return port

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
            raise LoaError(_("the broker runs already"), exit_code=EXIT_BROKER)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._end_leftover()
        self._users = users_of(self._site, self._keyring)
        held = self._held_port()
        for _attempt in range(_ATTEMPTS):
            port = held or self._site.broker.port or _free_port()
            log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
            self._launch(port)
            if self._wait_until_ready(port):
                write_private(self._ports_file, json.dumps({"mqtt": port}).encode())
                return
            self.kill()
            log = self._log_since(log_start)
            if _IN_USE not in log.lower() or port in (held, self._site.broker.port):
                raise LoaError(
                    _("the broker did not start:\n{log}", log=_last_lines(log)), _("its log is {path}", path=self.log_file), EXIT_BROKER
                )
        raise LoaError(
            _("the broker found no free port"), _("set broker.port in site.toml; its log is {path}", path=self.log_file), EXIT_BROKER
        )

    def reload(self, site: Site) -> None:
        """Put the accounts of the site as it is now, and the server's certificate, into force; connections of accounts that are gone end."""
        self._site = site
        self._users = users_of(site, self._keyring)
        self._write(self.port)
        self._signal(signal.SIGHUP)

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
        self._gone()

    def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            self._gone()

    def pause(self) -> None:
        """Let it stand still with all its connections open, as a machine that swaps or a stalled path does. Raises `LoaError` if it does not run."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise LoaError(_("the broker does not run"), exit_code=EXIT_BROKER)
        self._process.send_signal(number)

    def wipe(self) -> None:
        """Delete all it has retained; raises `LoaError` while it runs."""
        if self._process is not None:
            raise LoaError(_("the broker still runs"), _("stop it first"), EXIT_BROKER)
        shutil.rmtree(self._data, ignore_errors=True)

    def _launch(self, port: int) -> None:
        self._data.mkdir(mode=0o700, exist_ok=True)
        self._write(port)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen([self._program(), "-c", self._config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._pid_file.write_text(str(self._process.pid))
        self._guard = subprocess.Popen(["/bin/sh", "-c", _GUARD, str(self._process.pid)], stdin=subprocess.PIPE, start_new_session=True)

    def _gone(self) -> None:
        """Tidy up behind a server that has ended."""
        self._pid_file.unlink(missing_ok=True)
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            guard.kill()
            guard.wait()
            guard.stdin.close()

    def _program(self) -> str:
        found = _found(self.program)
        if found is None:
            raise LoaError(_("there is no {program} on this machine", program=self.program), self._how_to_get(), EXIT_BROKER)
        return found

    def _serving(self, port: int) -> Serving:
        certificate, key = self._keyring.server_file.resolve(), self._keyring.server_key_file.resolve()
        return Serving(port, certificate, key, self._data, self._folder)

    def _write(self, port: int) -> None:
        """Write the configuration, the file that leads to the others last."""
        for name, content in reversed(self._configuration(port, self._users).items()):
            write_private(self._folder / name, content)

    def _wait_until_ready(self, port: int) -> bool:
        """True once an MQTT client was let in; False if the server ended or the time did."""
        assert self._process is not None
        user, deadline = self._users[0], time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            if lets_in(self.host, port, user.name, user.password, self._keyring.authority_file):
                return True
            time.sleep(_POLL_S)
        return False

    def _held_port(self) -> int | None:
        try:
            port: int = json.loads(self._ports_file.read_text())["mqtt"]
        except FileNotFoundError:
            return None
        return port

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


def _found(program: str) -> str | None:
    """Path of a server's program: beside this Python, on PATH or where distributions put servers."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else shutil.which(program) or shutil.which(program, path=os.pathsep.join(_SYSTEM_FOLDERS))


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
