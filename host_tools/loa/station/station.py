"""What an officer does, as plain functions: take audio in, publish a plan, give orders and commands, read the record.

Each is done when it is committed to the station's database. Sending is the work of `Service`, in this process or in another one on the same
folder, now or when it next runs; that is why killing either of them at any moment loses nothing.
"""

import socket
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError

from loa.boards import load_board
from loa.errors import EXIT_INVALID, EXIT_KEYS, LoaError, suggestion
from loa.firmware import documents, limits, schema_text, topics
from loa.keys import Keyring
from loa.keys.signing import open_signed
from loa.keys.trust import ROOT_KID
from loa.language import _
from loa.site.model import Site
from loa.site.model import Station as StationSettings
from loa.station import retention
from loa.station.audio import AudioStore, Recording, name_of
from loa.station.commands import Command, Commands
from loa.station.database import Database
from loa.station.documents import DAY_S, HELD_BY_NODES, Document, Documents
from loa.station.hostclock import HostClock
from loa.station.nodes import Nodes, NodeStatus
from loa.station.orders import Orders
from loa.station.plancheck import plan_body
from loa.station.proof import Proof, proofs
from loa.station.record import Record
from loa.station.zone import zone_record

URGENT_S = 3600  # an urgent bulletin that could not be played for an hour is no longer news
COMMAND_S = 600


@dataclass(frozen=True)
class Lag:
    """A node that does not hold the newest revision of a document; `held` is 0 for none."""

    node: str
    document: Document
    held: int


class Station:
    """One station of a site with its folder. Methods raise `LoaError` for what a user can mend, and then nothing has changed."""

    def __init__(self, site: Site, name: str, keyring: Keyring, folder: Path) -> None:
        if name not in site.stations:
            raise LoaError(
                _('there is no station "{name}"', name=name),
                suggestion(name, site.stations) or _("there is: ") + ", ".join(site.stations),
                EXIT_INVALID,
            )
        self.site = site
        self.name = name
        self.keyring = keyring
        self.settings: StationSettings = site.stations[name]
        self.area = self.settings.area
        self._database = Database(folder / "station.db")
        own = (self.settings.host, self.settings.time_port)  # which would say what this clock says
        self.clock = HostClock(self._database, [server for server in site.time_addresses if server != own])
        keep = retention.years(site.record_years)
        self.documents = Documents(self._database, keyring.station(name), self.clock, keep)
        self.audio = AudioStore(self._database, folder / "audio", site.audio)
        self.orders = Orders(self._database, self.documents, site.time_zone, self.files_url, keep)
        self.commands = Commands(self._database, self.documents, keep)
        self.nodes = Nodes(self._database, site.nodes_served_by(name))
        self.record = Record(self._database, keep)
        self._looked: tuple[int, str] | None = (
            None  # commits of other processes, and the key, when nothing was left that another key had signed
        )
        self.follow_keys()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # Addresses.

    @property
    def http_port(self) -> int:
        """The site's, or one found free once and kept, because signed documents name it."""
        return self.settings.http_port or self._kept_port("http_port")

    @property
    def https_port(self) -> int:
        """As `http_port`."""
        return self.settings.https_port or self._kept_port("https_port")

    @property
    def time_port(self) -> int | None:
        """UDP port of the time server; None if the site wants none."""
        return self._kept_port("time_port") if self.settings.time_port == 0 else self.settings.time_port

    @property
    def http_url(self) -> str:
        """Where nodes find documents and audio files: what they need no TLS for, because signature and hash protect it."""
        return f"http://{self.settings.host}:{self.http_port}"

    @property
    def files_url(self) -> str:
        """The URL prefix of audio files, as documents name it."""
        return f"{self.http_url}{topics.HTTP_ROOT}/audio"

    def live_url(self, name: str, importance: str) -> str:
        """The URL of a live stream: plain only where the site allows it, and never for an urgent one."""
        plain = self.site.audio.plain_live and importance != "urgent"
        base = self.http_url if plain else f"https://{self.settings.host}:{self.https_port}"
        return f"{base}{topics.HTTP_ROOT}/live/{name}"

    # What an officer does.

    def add_audio(self, path: Path, name: str | None = None, language: str | None = None, title: str | None = None) -> Recording:
        """Take a recording in, by default under its file's name and in the site's first language."""
        recording = self.audio.add(path, name or name_of(path), language or self.site.languages[0], title)
        with self.one_commit():
            self.audio.forget_files(self.documents.files() | self.orders.files())
        return recording

    def check_plan(self, path: Path) -> dict[str, Any]:
        """The body that a plan file makes; raises `InvalidFile` with every mistake."""
        return plan_body(path, self.site, self.area, self.audio, self.files_url)

    def publish_plan(self, path: Path) -> Document:
        """Make a plan file the plan of the station's area."""
        return self.documents.issue(topics.PLAN, self.area, self.check_plan(path))

    def renew(self, document: Document) -> Document:
        """Sign a plan or air document of this station anew, as it stands, for a full time."""
        if document.kind == topics.AIR:
            return self.orders.renew(document.audience)
        body = {name: value for name, value in document.body.items() if name not in schema_text.required(documents.HEADER)}
        return self.documents.issue(document.kind, document.audience, {**body, "zone": zone_record(self.site.time_zone, int(time.time()))})

    def follow_site(self, site: Site) -> None:
        """Speak to the nodes that the site has now; what else it says counts from the next start."""
        self.site = self.site.model_copy(update={"nodes": site.nodes, "areas": site.areas})
        self.nodes.serve(self.site.nodes_served_by(self.name))

    def follow_keys(self) -> list[Document]:
        """Take over what became of the keys folder: a newer trust document, a new key. Returns what was signed anew because another key had signed it."""
        kid = self.keyring.history(self.name).kid
        self.publish_trust()
        if kid != self.documents.signer and kid in self._trusted():
            self.documents.sign_with(self.keyring.station(self.name))
        looked = (self._database.others(), self.documents.signer)
        if looked == self._looked or not self.clock.may_date:  # what this process signed since then, it signed with that key
            return []
        others = [document for document in self.documents.all_current() if document.body["iss"] not in (self.documents.signer, ROOT_KID)]
        anew = [self._sign_anew(document) for document in others]
        self._looked = looked
        return anew

    def _trusted(self) -> list[str]:
        """Names of the keys that nodes believe. A new key signs nothing before they are told of it."""
        trust = self.documents.current(topics.TRUST, self.area)
        return [key["kid"] for key in trust.body["keys"]] if trust else []

    def _sign_anew(self, document: Document) -> Document:
        if document.kind in (topics.PLAN, topics.AIR):
            return self.renew(document)
        body = {name: value for name, value in document.body.items() if name not in schema_text.required(documents.HEADER)}
        return self.documents.issue(document.kind, document.audience, body)

    def publish_trust(self) -> None:
        """Take over the trust document that the root signed, if there is a newer one in the keys folder."""
        raw = self.keyring.trust(self.area)
        held = self.documents.current(topics.TRUST, self.area)
        if held is not None and held.raw == raw:
            return
        try:
            payload = open_signed(raw, self.keyring.root_public())
        except (JoseError, ValueError) as error:
            raise LoaError(
                _("the trust document of {area} is not signed by this site's root", area=self.area), _("run `loa keys`"), EXIT_KEYS
            ) from error
        self.documents.adopt(topics.TRUST, raw, payload)

    def urgent(
        self, audience: str, name: str, importance: str = "urgent", repeat: int = 1, valid_s: int = URGENT_S, fallback: str = "siren"
    ) -> str:
        """Order a bulletin to be played now, over everything of a lower class. Returns the order's id."""
        bulletin = self.audio.bulletin(name, importance)
        return self._give(
            audience, {"do": "bulletin", "bulletin": bulletin, "repeat": repeat, "fallback": fallback}, importance, importance, valid_s
        )

    def sound(self, audience: str, what: str, importance: str = "urgent", repeat: int = 1, valid_s: int = URGENT_S) -> str:
        """Order the built-in "siren" or "chime". Returns the order's id."""
        return self._give(audience, {"do": what, "repeat": repeat}, what, importance, valid_s)

    def live_start(
        self,
        audience: str,
        source: str,
        importance: str = "priority",
        valid_s: int = 4 * 3600,
        codec: str | None = None,
        backup: str | None = None,
    ) -> str:
        """Put a source, a file or URL that FFmpeg reads, on the air now. Returns the order's id, which is the stream's name.

        `codec`: the site's first that all nodes of the audience play, if left out. `backup` is the URL of a stream of the same kind elsewhere, for
        nodes that cannot reach this one.
        """
        self._check_audience(audience)
        self._check_class(importance)
        source = str(Path(source).resolve()) if Path(source).is_file() else source
        name, now = self.orders.name("live"), int(time.time())
        live = {"url": self.live_url(name, importance), "codec": codec or self.codec_of(audience), "rate": self.site.audio.rate}
        if backup:
            live["backup"] = backup
        record = {"id": name, "do": "live", "class": importance, "from": now, "until": now + valid_s, "live": live}
        self.orders.give_live(audience, record, source)
        return name

    def live_stop(self, name: str) -> None:
        """Take a stream off the air within a second or two, as its end, not as withdrawn; does nothing if it has ended."""
        self.orders.end(name, int(time.time()) + 1)

    def stop(self, audience: str, of: list[str] | None = None, importance: str = "urgent", valid_s: int = 60) -> str:
        """Silence the named slots and orders, or everything up to a class that is due in the time given. Returns the order's id."""
        return self._give(audience, {"do": "stop", **({"of": of} if of else {})}, "stop", importance, valid_s)

    def volume(self, audience: str, per_cent: int, valid_s: int = 30 * DAY_S) -> str:
        """Set the volume in per cent of each node's ceiling, in place of what was set there before. Returns the order's id."""
        record = self._order(audience, {"do": "volume", "volume": per_cent}, "volume", "normal", valid_s)
        self.orders.give_instead(audience, record)
        return str(record["id"])

    def cancel(self, order_id: str) -> None:
        """Let an order end now."""
        self.orders.end(order_id, int(time.time()))

    def command(self, node_id: str, do: str, valid_s: int = COMMAND_S, number: int | None = None) -> Command:
        """Give a node a command: ping, identify, reboot or send-log. `commands.get(id)` has the answer when it came."""
        if node_id not in self.nodes:
            known = [node.id for node in self.nodes.status()]
            raise _no_such(f'station {self.name} has no node "{node_id}"', node_id, known)
        return self.commands.give(node_id, do, valid_s, number)

    def forget_answers(self) -> None:
        """Forget what nodes made of anything but the newest documents, after a day: nobody asks any more."""
        newest = self.documents.newest()
        self.nodes.forget_acks(int(time.time()) - DAY_S, [limits.document_id(*place, newest[place]) for place in newest])

    # What an officer sees.

    def status(self) -> list[NodeStatus]:
        """Every node, heard or not."""
        return self.nodes.status()

    def lags(self) -> list[Lag]:
        """Documents that nodes which are online do not hold in their newest revision, by what they last said."""
        return [lag for status in self.nodes.status() if status.online for lag in self.lags_of(status.id, status.state)]

    def lags_of(self, node_id: str, state: dict[str, Any]) -> list[Lag]:
        """The same for one node's state."""
        held = state.get("revisions", {})
        newest = self.documents.newest()
        audiences = (*topics.chain(self.site.nodes[node_id].area), topics.node_audience(node_id))
        wanted = [(kind, audience) for kind in HELD_BY_NODES for audience in audiences]
        behind = [place for place in wanted if held.get(":".join(place), 0) < newest.get(place, 0)]
        documents = [document for place in behind if (document := self.documents.current(*place)) is not None]
        return [Lag(node_id, document, held.get(f"{document.kind}:{document.audience}", 0)) for document in documents]

    def proofs(self, first: int, last: int) -> list[Proof]:
        """Proof of play for what was to start from `first` to before `last`, Unix seconds."""
        return proofs(self.site.nodes_served_by(self.name), self.documents, self.orders, self.record, first, last)

    def one_commit(self) -> AbstractContextManager[object]:
        """What is recorded in the block is committed at its end, all of it or nothing."""
        return self._database.transaction()

    def _give(self, audience: str, fields: dict[str, Any], what: str, importance: str, valid_s: int) -> str:
        record = self._order(audience, fields, what, importance, valid_s)
        self.orders.give(audience, record)
        return str(record["id"])

    def _order(self, audience: str, fields: dict[str, Any], what: str, importance: str, valid_s: int) -> dict[str, Any]:
        self._check_audience(audience)
        self._check_class(importance)
        now = int(time.time())
        return {"id": self.orders.name(what), "class": importance, "from": now, "until": now + valid_s, **fields}

    def codec_of(self, audience: str) -> str:
        """The site's first codec that all nodes of the audience play: as they say themselves, or as their board is known to."""
        nodes = {name: node for name, node in self.site.nodes.items() if audience in (topics.node_audience(name), *topics.chain(node.area))}
        plays = [self.nodes.state(name).get("codecs") or load_board(node.board).audio.plays for name, node in nodes.items()]
        codecs = self.site.audio.codecs
        return next((codec for codec in codecs if all(codec in known for known in plays)), codecs[-1])

    def _check_audience(self, audience: str) -> None:
        own = [area for area in self.site.areas if topics.covers(self.area, area)]
        own += [topics.node_audience(node.id) for node in self.nodes.status()]
        if audience not in own:
            raise _no_such(f'station {self.name} does not speak to "{audience}"', audience, own)

    def _check_class(self, importance: str) -> None:
        allowed = limits.CLASSES[: limits.CLASSES.index(self.settings.highest) + 1]
        if importance not in allowed:
            raise _no_such(f'station {self.name} may not order "{importance}"', importance, list(allowed))

    def _kept_port(self, name: str) -> int:
        with self._database.transaction() as rows:
            row = rows.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
            if row is None:
                kind = socket.SOCK_DGRAM if name == "time_port" else socket.SOCK_STREAM
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("", 0))
                    port: int = probe.getsockname()[1]
                rows.execute("INSERT INTO setting VALUES (?, ?)", (name, str(port)))
                return port
            return int(row["value"])


def _no_such(message: str, value: str, known: list[str]) -> LoaError:
    return LoaError(message, suggestion(value, known) or _("known are: ") + ", ".join(known), EXIT_INVALID)
