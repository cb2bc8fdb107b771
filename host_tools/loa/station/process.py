"""Runs a station's service, in this process until told to end, or as a process of its own that can be stopped and killed.

The process ends by itself when the one that started it is gone. Its words are in the `log_file`; what people do at the station goes, from any
process, through a `Station` on the same folder.
"""

import asyncio
import logging
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from loa import open_files
from loa.errors import LoaError
from loa.keys import Keyring
from loa.language import _
from loa.site.model import Site
from loa.station.presence import Presence
from loa.station.service import Service
from loa.station.station import Station

_START_S = 30.0
_STOP_S = 10.0
_FILES = 20_000  # of ten thousand nodes each listens and fetches
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True)
class Post:
    """What a service needs: whose it is, its keys, its folder, its broker. `trust_clock`: whatever time servers say of it."""

    site: Site
    name: str
    keys: Path
    folder: Path
    broker_url: str
    trust_clock: bool = False


async def serve(post: Post, ended: Callable[[Service], Awaitable[None]]) -> None:
    """Run the service until `ended(service)` returns, which is called once it serves.

    Raises `LoaError` if a service runs already on that folder or a port is taken, and whatever ends the service before.
    """
    open_files.allow(_FILES)
    with Presence(post.folder):
        station = Station(post.site, post.name, Keyring(post.keys), post.folder)
        try:
            if post.trust_clock:
                station.clock.trust()
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
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process. Raises `LoaError` if there is none."""
        if self._process is None:
            raise LoaError(_("station {name} does not run", name=self.post.name))
        return self._process.pid

    def start(self) -> None:
        """Start; returns when HTTP is served. Raises `LoaError` if it cannot."""
        if self.running:
            raise LoaError(_("station {name} is running", name=self.post.name))
        self.post.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        problem = self._begin(self._process)
        if problem is not None:
            self.kill()
            raise problem

    def _begin(self, process: subprocess.Popen[bytes]) -> LoaError | None:
        """Give it its post and wait for its first word: that it serves, or why not."""
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(pickle.dumps((self.post, self.log_file)))
            process.stdin.flush()
            if select.select([process.stdout], [], [], _START_S)[0]:
                first: LoaError | None = pickle.load(process.stdout)
                return first
        except (EOFError, BrokenPipeError):
            return LoaError(
                _("station {name} ended while it started", name=self.post.name), _("its log is {log_file}", log_file=self.log_file)
            )
        return LoaError(
            _("station {name} does not serve within {START_S:g} s", name=self.post.name, START_S=_START_S),
            _("its log is {log_file}", log_file=self.log_file),
        )

    def stop(self) -> None:
        """End it in good order, after ten seconds by force; does nothing if it does not run."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                logging.warning("station %s does not end; it is killed", self.post.name)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _main() -> None:
    """The process: takes its post from standard input, says None or a LoaError on standard output, and runs until standard input is closed."""
    post, log_file = pickle.load(sys.stdin.buffer)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; who started this process decides
    logging.basicConfig(filename=log_file, level=logging.INFO, format=_FORMAT)

    async def until_closed(_: Service) -> None:
        _say(None)
        closed = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), closed.set)
        await closed.wait()

    try:
        asyncio.run(serve(post, until_closed))
    except LoaError as error:
        logging.warning("the service ends: %s", error)
        _say(error)
    except BaseException:
        logging.exception("the service ended")
        raise


def _say(first: LoaError | None) -> None:
    pickle.dump(first, sys.stdout.buffer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
