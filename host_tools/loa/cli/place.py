"""Finds what a command works on: the site, its keys and its station's folder, from options, environment and defaults. The same for all commands."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from loa.errors import EXIT_KEYS, EXIT_NETWORK, EXIT_USAGE, LoaError
from loa.keys import Keyring
from loa.language import _
from loa.sim.local import local
from loa.site import Site, load_site
from loa.station.places import FOLDER, Places, only_station
from loa.station.presence import is_served
from loa.station.station import Station

_PANEL = "Where"
_SITE = Path("site.toml")
SiteArgument = Annotated[Path, typer.Argument(metavar="SITE", envvar="LOA_SITE", help="The site's description.")]
SiteOption = Annotated[Path, typer.Option("--site", envvar="LOA_SITE", help="The site's description.", rich_help_panel=_PANEL)]
StationOption = Annotated[
    str, typer.Option("--station", envvar="LOA_STATION", show_default="the only one", help="Which station.", rich_help_panel=_PANEL)
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        envvar="LOA_FOLDER",
        show_default=".loa beside the site's description",
        help="Where stations and broker keep their things.",
        rich_help_panel=_PANEL,
    ),
]
SimOption = Annotated[
    bool, typer.Option("--sim", envvar="LOA_SIM", help="The simulated commune that `loa sim` runs.", rich_help_panel=_PANEL)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@dataclass(frozen=True)
class Place:
    """A site as one command means it."""

    file: Path
    site: Site
    places: Places
    keyring: Keyring
    sim: bool
    named_station: str

    def keyring_with(self, root: Path | None) -> Keyring:
        """The keys, with the root key where somebody said, see `root_file`."""
        return Keyring(self.keyring.folder, root_file(root))

    @property
    def station_name(self) -> str:
        """The station named, or the site's only one. Raises `LoaError` if that is not enough."""
        return self.named_station or only_station(self.site)

    @property
    def station_folder(self) -> Path:
        """Where that station keeps its things."""
        return self.places.station(self.station_name)

    @contextmanager
    def station(self) -> Iterator[Station]:
        """The station, for what needs nobody else."""
        station = Station(self.site, self.station_name, self.keyring, self.station_folder)
        try:
            yield station
        finally:
            station.close()

    @contextmanager
    def served_station(self) -> Iterator[Station]:
        """The station, for what is to happen now. Raises `LoaError` if its service does not run."""
        with self.station() as station:
            if not self.served:
                raise LoaError(
                    _("the service of station {name} does not run, so nothing was sent", name=station.name), self.service_hint, EXIT_NETWORK
                )
            yield station

    @property
    def served(self) -> bool:
        """True while the station's service runs."""
        return is_served(self.station_folder)

    @property
    def service_hint(self) -> str:
        """How to start it."""
        command = "sim" if self.sim else "station"
        return _("start it with `loa {command} {file}`", command=command, file=self.file)


def root_file(said: Path | None) -> Path | None:
    """The file of the root key: what was said, or `root.pem` in that folder. Raises `LoaError` if it can be neither, as on a stick that is not plugged in."""
    if said is None or said.suffix == ".pem" or said.is_file():
        return said
    if not said.is_dir():
        raise LoaError(_("{path}: no such folder", path=said), _("plug the stick in, or name the file: root.pem"), EXIT_KEYS)
    return said / "root.pem"


def at_site(command: Callable[..., None]) -> Callable[..., None]:
    """A command on a site: gives `command` a `Place` first, and the command line the argument SITE and the options that make it."""
    return _placed(command, {"site": SiteArgument, "folder": FolderOption})


def at_keys(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command on a site's keys, after whose own arguments the site is an option."""
    return _placed(command, {"site": SiteOption, "folder": FolderOption})


def at_site_file(place: "Place") -> "Place":
    """The same place as its description is now."""
    return replace(place, site=load_site(place.file))


def at_station(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command on one station, after whose own arguments the site is an option."""
    return _placed(command, {"site": SiteOption, "station": StationOption, "folder": FolderOption, "sim": SimOption})


def at_simulated(command: Callable[..., None]) -> Callable[..., None]:
    """As `at_site`, for a command that knows the simulated commune only."""
    return _placed(command, {"site": SiteOption, "folder": FolderOption}, sim=True)


def _placed(command: Callable[..., None], options: dict[str, Any], **fixed: Any) -> Callable[..., None]:
    defaults = {"site": _SITE, "station": "", "folder": None, "sim": False}

    def placed(**arguments: Any) -> None:
        where = {name: arguments.pop(name) for name in options}
        command(_place(**where, **fixed), **arguments)

    kind = inspect.Parameter.KEYWORD_ONLY
    own = [one.replace(kind=kind) for one in list(inspect.signature(command).parameters.values())[1:]]
    where = [inspect.Parameter(name, kind, default=defaults[name], annotation=options[name]) for name in options]
    placed.__signature__ = inspect.Signature([*own, *where])  # type: ignore[attr-defined]  # typer reads it
    placed.__annotations__ = {one.name: one.annotation for one in [*own, *where]}
    placed.__doc__ = command.__doc__
    return placed


def _place(site: Path, folder: Path | None, station: str = "", sim: bool = False) -> Place:
    if not site.is_file():
        raise LoaError(
            _("{site}: no such file", site=site),
            _("name the site's description, or set LOA_SITE, or go to the folder of site.toml; `loa site init` begins a new site"),
            EXIT_USAGE,
        )
    described, places = load_site(site), Places((folder or site.resolve().parent / FOLDER).resolve())
    if sim:
        return Place(site, local(described), places.sim, Keyring(places.sim.keys), sim, station)
    return Place(site, described, places, Keyring(described.keys_folder), sim, station)
