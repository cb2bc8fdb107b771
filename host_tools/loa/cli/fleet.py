"""`loa sim SITE --nodes N`: a fleet on this machine until it is ended, and what there is to see of it."""

import time
from pathlib import Path

from loa.cli import output
from loa.cli.fleetglance import fleet_shown
from loa.cli.place import Place
from loa.cli.signals import terminable, until_ended
from loa.cli.storm import Chosen, carried, says
from loa.errors import EXIT_BROKER, LoaError
from loa.language import _
from loa.sim.fleet.commune import FleetCommune
from loa.sim.fleet.messages import Look
from loa.sim.fleet.storm import FleetSubject
from loa.sim.storms import Weather, schedule
from loa.sim.storms.fault import BROKER

_LOOK_S = 1.0
_STORM_S = 3_600.0


def run_fleet(
    place: Place, count: int, station: str | None, seconds: float | None, choice: Chosen, record_folder: Path | None, json: bool
) -> None:
    """Run `count` nodes with broker and station; a summary at the end, for machines as JSON. Without `seconds` a storm lasts an hour.

    Raises `LoaError` for what cannot be.
    """
    made = FleetCommune(place.site, place.places.sim.folder, count, station, seed=choice.seed, profile=choice.profile)
    with terminable(), made as fleet:
        began = int(time.time())
        commune = fleet.commune
        output.notes().print(fleet.crew.says)
        where = {"folder": str(commune.places.folder), "broker": commune.broker.url, "http": commune.desk.http_url, "nodes": count}
        if json:
            output.as_json({**where, "runtime": fleet.crew.says, "storm": choice.storm, "seed": choice.seed, "profile": choice.profile})
        else:
            output.results().print(
                _("everything is in {folder}; give orders from another terminal with --sim; Ctrl-C ends it", folder=commune.places.folder)
            )
        if says(choice):
            output.notes().print(says(choice))
        look = fleet.crew.look()
        faults = schedule(choice.storm, choice.seed, fleet.names, _STORM_S if seconds is None else seconds)
        with (
            carried(FleetSubject(fleet), faults, choice, commune.places.folder, apart=False) as passing,
            fleet_shown(commune.site, json) as glance,
        ):
            due = 0.0

            def step() -> None:
                nonlocal due, look
                _check_parts(fleet, passing.weather)
                glance.news(passing.news())
                if time.monotonic() >= due:
                    look = fleet.crew.look()
                    glance.refresh(fleet.crew.nodes(), look)
                    glance.told(fleet.crew.told())
                    due = time.monotonic() + _LOOK_S

            until_ended(seconds, step)
        if record_folder is not None:
            from loa.demo import record  # brings matplotlib, for which no other command waits

            file = record.write(commune.desk, record_folder, began, int(time.time()))
            output.notes().print(_("the timeline is {file}", file=file))
        if json:
            output.as_json({"summary": summary(look)})


def summary(look: Look) -> dict[str, float]:
    """The figures of a fleet at one moment."""
    return {
        "nodes": look.nodes,
        "powered": look.powered,
        "online": look.online,
        "playing": look.air.total(),
        "sounded_s": round(look.sounded_s, 1),
        "underruns": look.underruns,
        "cpu_s": round(look.cpu_s, 2),
        "rss_per_node_kb": round(look.rss_kb / look.nodes),
        "signature_checks": look.checks,
        "signature_check_cpu_s": round(look.check_cpu_s, 2),
    }


def _check_parts(fleet: FleetCommune, weather: Weather) -> None:
    """Raises `LoaError` for a part that ended though neither the storm nor anybody else ended it."""
    commune = fleet.commune
    if not commune.broker.running and not weather.hits(BROKER):
        raise LoaError(_("the broker ended by itself"), _("its log is {log_file}", log_file=commune.broker.log_file), EXIT_BROKER)
    if not commune.station.running:
        raise LoaError(_("the station's service ended by itself"), _("its log is {log_file}", log_file=commune.station.log_file))
    if not fleet.crew.running:
        raise LoaError(_("a process of nodes ended by itself"), _("the log is {folder}", folder=commune.places.folder / "crew.log"))
