"""The model of `site.toml`: what each setting is, its range and its default. Connections between settings are checked in `load`."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from loa.errors import suggestion
from loa.firmware import topics
from loa.language import _

DAY_S = 86400


def _area(text: str) -> str:
    if not topics.is_area(text):
        raise ValueError(_('an area is 1 to 4 names of a-z, 0-9 and - joined by "/", province first'))
    return text


def _name(text: str) -> str:
    if not topics.is_segment(text):
        raise ValueError(_("a name has 1 to 32 of a-z, 0-9 and -"))
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError(_("no such time zone; ") + (suggestion(text, available_timezones()) or _("for example Asia/Ho_Chi_Minh")))
    return text


def time_of_day(value: object) -> int:
    """Seconds after midnight of "05:30", "05:30:15" or "24:00"; raises ValueError."""
    parts = str(value).split(":")
    if isinstance(value, str) and len(parts) in (2, 3) and all(len(part) == 2 and part.isdigit() for part in parts):
        hours, minutes, seconds = (int(part) for part in [*parts, "00"][:3])
        if minutes < 60 and seconds < 60 and hours * 3600 + minutes * 60 + seconds <= DAY_S:
            return hours * 3600 + minutes * 60 + seconds
    raise ValueError(_('a time of day is written "05:30" or "05:30:15"'))


AreaName = Annotated[str, AfterValidator(_area)]
Name = Annotated[str, AfterValidator(_name)]
Zone = Annotated[str, AfterValidator(_zone)]
TimeOfDay = Annotated[int, BeforeValidator(time_of_day)]
Port = Annotated[int, Field(ge=0, le=65535, description="0: any free port, kept from then on")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47 tag")]

TimeServer = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:\d{1,5})?$", description="SNTP server, host or host:port")]
_NTP_PORT = 123


class Strict(BaseModel):
    """A table in which every setting is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Area(Strict):
    """A province, commune or hamlet; its place in the tree is its path."""

    name: str


class Station(Strict):
    """A host-side service, the only writer of its area's documents. With a `time_port` it also tells nodes the time, by SNTP."""

    area: AreaName
    host: str = "localhost"
    http_port: Port = 0
    https_port: Port = 0
    time_port: Port | None = None
    highest: Annotated[Literal["normal", "priority", "urgent"], Field(alias="class")] = "urgent"


class Node(Strict):
    """A receiver with its speakers; `area` is its hamlet."""

    area: AreaName
    board: Name
    language: Language = "vi"


class Network(Strict):
    """A way for nodes to reach broker and station. A password stands in a file of its own."""

    kind: Literal["wlan", "lan"]
    ssid: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    password_file: Path | None = None


class Broker(Strict):
    """`nats` and `mosquitto` are started by loa itself; an `external` one is named by its `url`, `mqtts://host:8883`."""

    kind: Literal["nats", "mosquitto", "external"] = "nats"
    host: str = "localhost"
    port: Port = 0
    url: Annotated[str, Field(pattern=r"^mqtts?://[^/:]+(:\d+)?$")] | None = None


class Audio(Strict):
    """What every bulletin of the site is made into."""

    rate: Literal[16000, 22050, 24000, 32000, 44100, 48000] = 24000
    codecs: Annotated[list[Literal["mp3", "ima-adpcm", "pcm16"]], Field(min_length=1, max_length=4)] = ["mp3", "ima-adpcm"]
    loudness_lufs: Annotated[float, Field(ge=-40, le=-8)] = -16.0
    true_peak_dbtp: Annotated[float, Field(ge=-9, le=-0.5)] = -1.5
    volume_ceiling: Annotated[int, Field(ge=1, le=100)] = 100
    plain_live: bool = False


class Site(Strict):
    """One installation. Paths in it are taken from the folder of its file, see `lies_in`."""

    name: str
    time_zone: Zone = "Asia/Ho_Chi_Minh"
    languages: Annotated[list[Language], Field(min_length=1)] = ["vi"]
    keys: Path = Path("keys")
    quiet: Annotated[list[tuple[TimeOfDay, TimeOfDay]], Field(max_length=4)] = []
    accept_offers: bool = True
    record_years: Annotated[int, Field(ge=1, le=100)] = 5
    time_servers: Annotated[list[TimeServer], Field(max_length=4)] = []
    areas: Annotated[dict[AreaName, Area], Field(min_length=1)]
    stations: Annotated[dict[Name, Station], Field(min_length=1)]
    networks: dict[Name, Network] = {}
    broker: Broker = Broker()
    audio: Audio = Audio()
    nodes: dict[Name, Node]
    _folder: Path = PrivateAttr(default=Path())

    def lies_in(self, folder: Path) -> None:
        """Say in which folder `site.toml` lies."""
        self._folder = folder

    @property
    def keys_folder(self) -> Path:
        """Where the keys lie; see `loa.keys`."""
        return self._folder / self.keys

    @property
    def time_addresses(self) -> list[tuple[str, int]]:
        """Host and port of the time servers beside the stations' own."""
        parts = [server.partition(":") for server in self.time_servers]
        return [(host, int(port or _NTP_PORT)) for host, _colon, port in parts]

    def nodes_of(self, area: str) -> dict[str, Node]:
        """The nodes that hear an area."""
        return {name: node for name, node in self.nodes.items() if topics.covers(area, node.area)}

    def station_of(self, node_id: str) -> str:
        """Name of the nearest station at or above a node's area: the one that writes its commands and records its events."""
        area = self.nodes[node_id].area
        return max(
            (name for name in self.stations if topics.covers(self.stations[name].area, area)),
            key=lambda name: len(self.stations[name].area),
        )

    def nodes_served_by(self, station: str) -> dict[str, Node]:
        """The nodes whose own station this is."""
        return {name: node for name, node in self.nodes.items() if self.station_of(name) == station}
