"""Where the running parts of a site keep their things: one folder, `.loa` beside `site.toml` unless somebody says otherwise.

<station>/   database, audio and log of that station
_broker/     the embedded broker
_keys/       keys of a simulated commune; a real site's lie where `site.toml` says
_nodes/      simulated nodes
_boards/     virtual boards
_sim/        the same again, for the simulated commune of this site

Names with an underscore cannot meet a station's.
"""

from dataclasses import dataclass
from pathlib import Path

from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.site.model import Site

FOLDER = ".loa"


@dataclass(frozen=True)
class Places:
    """The folder and what is in it."""

    folder: Path

    @property
    def broker(self) -> Path:
        """The broker's."""
        return self.folder / "_broker"

    @property
    def boards(self) -> Path:
        """Virtual boards: which are plugged in, and what is in their flash."""
        return self.folder / "_boards"

    @property
    def keys(self) -> Path:
        """A simulated commune's keys."""
        return self.folder / "_keys"

    @property
    def sim(self) -> "Places":
        """The simulated commune's."""
        return Places(self.folder / "_sim")

    def station(self, name: str) -> Path:
        """One station's."""
        return self.folder / name

    def node(self, node_id: str) -> Path:
        """One simulated node's."""
        return self.folder / "_nodes" / node_id


def only_station(site: Site) -> str:
    """The station that is meant when none is named. Raises `LoaError` if the site has several."""
    names = list(site.stations)
    if len(names) > 1:
        raise LoaError(_("this site has several stations"), _("say which with --station: {names}", names=", ".join(names)), EXIT_USAGE)
    return names[0]
