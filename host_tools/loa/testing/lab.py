"""Makes communes and single nodes for tests, each in a folder of its own on ports of its own, and knows which live, so that their traces can be kept."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import loa.demo
from loa.broker.external import parts_of
from loa.errors import EXIT_USAGE, LoaError
from loa.keys import Keyring
from loa.language import _
from loa.sim.local import local
from loa.sim.node import SimulatedNode
from loa.sim.runtime import Runtime, cpython, find_runtime
from loa.sim.storms import profiles
from loa.site.load import load_site
from loa.site.model import Broker, Site
from loa.testing.commune import Commune
from loa.testing.ports import Ports

MakeNode = Callable[..., SimulatedNode]
RUNTIMES = ("micropython", "cpython")


def default_site() -> Site:
    """Three hamlets with a node each, without quiet hours, so that it sounds at any time of day."""
    return load_site(Path(loa.demo.__file__).parent / "site.toml").model_copy(update={"quiet": []})


def runtime(name: str | None = None) -> Runtime:
    """The runtime of that name, or the best there is. Raises `LoaError` for a name that is none, and if MicroPython is asked for and missing."""
    if name == "cpython":
        return cpython("it was asked for")
    found = find_runtime()
    if name not in (None, *RUNTIMES):
        raise LoaError(f'there is no runtime "{name}"', "the runtimes are: " + ", ".join(RUNTIMES), EXIT_USAGE)
    if name == "micropython" and not found.is_micropython:
        raise LoaError(found.says, "install micropython", EXIT_USAGE)
    return found


def _around(profile: str | None) -> dict[str, Any]:
    return {"path": profiles.profile(profile), "crystal": profiles.crystal()} if profile else {}


@dataclass(frozen=True)
class Settings:
    """How communes are made where a test does not say.

    `broker`: the URL of one that somebody else runs; `engine`: of ours, one of `loa.broker.ENGINES`, where the site's is not to count; `seed` is where
    chance comes from; `keys` a folder that is kept from run to run.
    """

    site: Path | None = None
    broker: str | None = None
    engine: str | None = None
    keys: Path | None = None
    runtime: str | None = None
    seed: int = 0
    profile: str | None = None


class Lab:
    """`new_folder(name)` makes an empty folder that nobody else uses."""

    def __init__(self, settings: Settings, new_folder: Callable[[str], Path]) -> None:
        self.settings = settings
        self.live: list[Commune | SimulatedNode] = []
        self._new_folder = new_folder
        self._ports = Ports()
        self._keys: dict[str, Path] = {}

    @property
    def broker_url(self) -> str | None:
        """Of somebody else's broker, if one is used. Raises `LoaError` for what is no URL of one."""
        if self.settings.broker is not None:
            parts_of(self.settings.broker)
        return self.settings.broker

    @contextmanager
    def commune(
        self,
        site: Site | Path | str | None = None,
        nodes: Iterable[str] | None = None,
        station: str | None = None,
        runtime: str | None = None,
        seed: int | None = None,
        profile: str | None = None,
    ) -> Iterator[Commune]:
        """A commune none of whose parts runs yet; whatever was started is ended with the block, and its folder deleted.

        `site` is a description or its file; `nodes`, `station`: as for `loa.sim.commune.Commune`; `profile`: the network path of the nodes, which then
        have crystals of their own too (`loa.sim.storms.profiles`). Raises `LoaError` for what does not exist.
        """
        described, chance = self._site(site), self.settings.seed if seed is None else seed
        around = _around(profile or self.settings.profile)
        broker_url = self.broker_url
        with self._broker_to_itself(broker_url):
            commune = Commune(
                described,
                self._new_folder("commune"),
                self.runtime(runtime),
                nodes,
                station,
                broker_url=broker_url,
                port=self._ports.take,
                seed=chance,
            )
            for name, node in commune.nodes.items():
                if around:
                    node.surround(seed=f"{chance}/{name}", **around)
            self._give_keys(described, commune.keyring.folder)
            with self._known(commune):
                try:
                    yield commune
                finally:
                    commune.close()
                    shutil.rmtree(commune.places.folder)

    @contextmanager
    def node(
        self,
        flash: bytes,
        runtime: str | None = None,
        node_id: str = "bench-1",
        node_type: Callable[[Path, str, Runtime], SimulatedNode] = SimulatedNode,
    ) -> Iterator[SimulatedNode]:
        """A node by itself with that flash image, not switched on yet; off and gone afterwards."""
        node = node_type(self._new_folder("node"), node_id, self.runtime(runtime))
        node.install(flash)
        with self._known(node):
            try:
                yield node
            finally:
                node.power_off()
                shutil.rmtree(node.folder)

    def runtime(self, name: str | None = None) -> Runtime:
        """The runtime of that name, else the one of the settings, else the best there is. Raises `LoaError` as `loa.testing.lab.runtime` does."""
        return runtime(name or self.settings.runtime)

    @contextmanager
    def _known(self, one: Commune | SimulatedNode) -> Iterator[None]:
        self.live.append(one)
        try:
            yield
        finally:
            self.live.remove(one)

    def _site(self, site: Site | Path | str | None) -> Site:
        chosen = site or self.settings.site
        described = default_site() if chosen is None else chosen if isinstance(chosen, Site) else load_site(Path(chosen))
        if self.settings.engine is not None:
            described = described.model_copy(update={"broker": Broker.model_validate({"kind": self.settings.engine})})
        return described

    def _give_keys(self, site: Site, folder: Path) -> None:
        """Keys are made once for a site, which takes a second; each commune has a copy of its own, so that it may change them."""
        here = local(site, self.broker_url)
        text = here.model_dump_json()
        if text not in self._keys:
            made = self.settings.keys or self._new_folder("keys")
            Keyring(made).ensure(here, [parts_of(self.broker_url)[1]] if self.broker_url else [])
            self._keys[text] = made
        shutil.copytree(self._keys[text], folder)

    @contextmanager
    def _broker_to_itself(self, url: str | None) -> Iterator[None]:
        """A broker that is not ours carries one commune at a time: with the same topics two would speak to each other's nodes."""
        if url is None:
            yield
            return
        if any(isinstance(one, Commune) for one in self.live):
            raise LoaError(
                _("the broker {url} carries a commune already", url=self.broker_url), _("use one commune at a time with it"), EXIT_USAGE
            )
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        with (Path(gettempdir()) / f"loa-broker-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
