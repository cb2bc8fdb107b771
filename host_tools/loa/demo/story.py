"""What befalls the commune in the demo, minute by minute, and what an officer does meanwhile. Judges nothing: that is `verdict`.

Every time is relative to the first slot. Slots have whole seconds, so the story begins at one.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from loa.demo.timeline import Kind, Mark
from loa.language import _
from loa.sim.commune import Commune

AUDIO = Path(__file__).parent / "audio"
URGENT = "lu-quet"
LIVE = "truc-tiep"
INTERRUPTED = "tiem-chung"
WITHOUT_BROKER = "cat-nuoc"
POWER_CUT = "nong-vu"
BULLETINS: tuple[tuple[str, Kind, float], ...] = (  # name, class, second of its slot
    ("cho-phien", "normal", 0),
    (INTERRUPTED, "normal", 8),
    (WITHOUT_BROKER, "priority", 39),
    (POWER_CUT, "normal", 47),
)
FILES = (*(name for name, _importance, _second in BULLETINS), URGENT)

_LEAD_S = 5.0  # for plan and files to reach the nodes before the first slot
_URGENT_S = 12
_LIVE_S = (29, 36)  # after what the urgent order interrupted has ended
_BROKER_S = (37.5, 46)
_POWER_S = (52, 53)
_STATION_S = (55, 57)
_END_S = 66
_SETTLE_S = 12.0  # for the last reports
_LOOK_S = 0.1
_LATE_S = 120

Say = Callable[[str], None]


@dataclass
class Told:
    """What happened and when, in Unix seconds: `begun` and `ended` of the story, `issued` by order id, marks for the picture."""

    begun: float
    ended: float = 0.0
    urgent_order: str = ""
    urgent_issued: float = 0.0
    live_order: str = ""
    live_issued: float = 0.0
    live_left: float = 0.0
    marks: list[Mark] = field(default_factory=list)


class Story:
    """One run on a commune that is online; `area` hears it all, `victim` is the node that loses power, `say` tells what happens."""

    def __init__(self, commune: Commune, area: str, victim: str, say: Say) -> None:
        self._commune = commune
        self._area = area
        self._victim = commune.nodes[victim]
        self._say = say
        self._told = Told(math.ceil(time.time() + _LEAD_S))

    def play(self, plan_file: Path) -> Told:
        """Publish the plan and live through the story."""
        desk, told = self._commune.desk, self._told
        plan_file.write_text(self._plan(), encoding="utf-8")
        desk.publish_plan(plan_file)
        self._say(_("a plan of {count} bulletins is signed and published", count=len(BULLETINS)))
        self._wait(_URGENT_S)
        told.urgent_issued = time.time()
        told.urgent_order = desk.urgent(self._area, URGENT)
        self._say(_("urgent: flash flood; it pre-empts the vaccination notice"))
        self._wait(_LIVE_S[0])
        told.live_issued = time.time()
        told.live_order = desk.live_start(self._area, str(AUDIO / f"{LIVE}.mp3"))
        self._say(_("a live programme is on the air"))
        self._wait(_LIVE_S[1])
        told.live_left = time.time()
        desk.live_stop(told.live_order)
        self._say(_("the live programme is taken off the air"))
        self._without_broker()
        self._without_power()
        self._without_station()
        self._wait(_END_S)
        self._await_reports()
        told.ended = time.time()
        return told

    def _plan(self) -> str:
        zone = ZoneInfo(self._commune.site.time_zone)
        lines = []
        for name, importance, _second in BULLETINS:
            lines += [f"[bulletins.{name}]", f'class = "{importance}"', ""]
        for name, _importance, second in BULLETINS:
            start = datetime.fromtimestamp(self._told.begun + second, zone)
            lines += ["[[slots]]", f'id = "{name}"', f'bulletin = "{name}"', f'at = ["{start:%H:%M:%S}"]']
            lines += [f"dates = [{start:%Y-%m-%d}]", f"late = {_LATE_S}", ""]
        return "\n".join(lines)

    def _without_broker(self) -> None:
        broker = self._commune.broker
        self._wait(_BROKER_S[0])
        broker.kill()
        broker.wipe()
        down = time.time()
        self._say(_("the broker is killed and all it kept is deleted; the plan goes on"))
        self._wait(_BROKER_S[1])
        broker.start()
        self._told.marks.append(Mark("broker", down, time.time(), "broker down, its data gone"))
        self._say(_("the broker is back, empty"))

    def _without_power(self) -> None:
        self._wait(_POWER_S[0])
        self._victim.power_off()
        off = time.time()
        self._say(_("{node} loses power in the middle of a bulletin", node=self._victim.node_id))
        self._wait(_POWER_S[1])
        self._victim.start()
        self._told.marks.append(Mark("power", off, time.time(), "power lost", self._victim.node_id))
        self._say(_("{node} has power again", node=self._victim.node_id))

    def _without_station(self) -> None:
        self._wait(_STATION_S[0])
        self._commune.station.kill()
        down = time.time()
        self._say(_("the station is killed"))
        self._wait(_STATION_S[1])
        self._commune.station.start()
        self._told.marks.append(Mark("station", down, time.time(), "station down"))
        self._say(_("the station serves again"))

    def _await_reports(self) -> None:
        """Until every node has reported the end of every bulletin, or for as long as is fair; what is missing then is a finding."""
        self._say(_("waiting for the last reports"))
        wanted = len(self._commune.nodes) * (len(BULLETINS) + 2)
        deadline = time.monotonic() + _SETTLE_S
        while self._ends_reported() < wanted and time.monotonic() < deadline:
            time.sleep(_LOOK_S)

    def _ends_reported(self) -> int:
        record = self._commune.desk.record
        return len(
            {(event.node, event.body.get("key")) for event in record.events() if event.kind == "played" and event.body["why"] == "end"}
        )

    def _wait(self, second: float) -> None:
        time.sleep(max(0.0, self._told.begun + second - time.time()))
