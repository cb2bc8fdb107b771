"""Runs a station's service, in this process until told to end, or as a process of its own that can be stopped and killed.

The process ends by itself when the one that started it is gone. Its words are in the `log_file`; what people do at the station goes, from any
process, through a `Station` on the same folder.
"""

import asyncio
import logging
import multiprocessing
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from loa.errors import LoaError
from loa.keys import Keyring
from loa.site.model import Site
from loa.station.presence import Presence
from loa.station.service import Service
from loa.station.station import Station

_START_S = 30.0
_STOP_S = 10.0
_CONTEXT = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks, and the nodes' lifelines
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True)
class Post:
    """What a service needs: whose it is, its keys, its folder, its broker."""

    site: Site
    name: str
    keys: Path
    folder: Path
    broker_url: str


async def serve(post: Post, ended: Callable[[Service], Awaitable[None]]) -> None:
    """Run the service until `ended(service)` returns, which is called once it serves.

    Raises `LoaError` if a service runs already on that folder or a port is taken, and whatever ends the service before.
    """
    with Presence(post.folder):
        station = Station(post.site, post.name, Keyring(post.keys), post.folder)
        try:
            async with Service(station, post.broker_url) as service:
                work = [asyncio.ensure_future(ended(service)), asyncio.ensure_future(service.wait())]
                done, others = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
                for other in others:
                    other.cancel()
                for one in done:
                    one.result()
        finally:
            station.close()


class StationProcess:
    """The service in a process of its own; may be started again after `stop` and `kill`."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.log_file = post.folder / "station.log"
        self._process: BaseProcess | None = None
        self._wire: Connection | None = None

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Start; returns when HTTP is served. Raises `LoaError` if it cannot."""
        if self.running:
            raise LoaError(f"station {self.post.name} is running")
        self.post.folder.mkdir(parents=True, exist_ok=True)
        self._wire, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(
            target=_main, args=(self.post, theirs, self.log_file), name=f"station {self.post.name}", daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            problem = self._wire.recv() if self._wire.poll(_START_S) else None
        except EOFError:
            problem = LoaError(f"station {self.post.name} ended while it started", f"its log is {self.log_file}")
        if problem is not None:
            self.kill()
            raise problem

    def stop(self) -> None:
        """End it in good order, after ten seconds by force; does nothing if it does not run."""
        if self._wire is not None:
            self._wire.close()
        if self._process is not None:
            self._process.join(_STOP_S)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            process.close()
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def _main(post: Post, wire: Connection, log_file: Path) -> None:
    """The process: says None on the wire once it serves, or a LoaError, and runs until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; who started this process decides
    logging.basicConfig(filename=log_file, level=logging.INFO, format=_FORMAT)

    async def until_closed(_: Service) -> None:
        wire.send(None)
        closed = asyncio.Event()
        asyncio.get_running_loop().add_reader(wire.fileno(), closed.set)
        await closed.wait()

    try:
        asyncio.run(serve(post, until_closed))
    except LoaError as error:
        logging.warning("the service ends: %s", error)
        wire.send(error)
    except BaseException:
        logging.exception("the service ended")
        raise
