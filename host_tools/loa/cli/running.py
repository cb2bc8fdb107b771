"""Commands that run parts of a site until they are ended: the broker, a station's service, or a whole simulated commune."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from loa.broker import LocalBroker, local_broker
from loa.cli import output
from loa.cli import storm as storms
from loa.cli.failures import show
from loa.cli.glance import Glance, shown
from loa.cli.place import JsonOption, Place, StationOption, at_site
from loa.cli.signals import terminable, until_ended
from loa.cli.storm import ProfileOption, SeedOption, StormOption
from loa.errors import EXIT_BROKER, EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.commune import Commune
from loa.sim.node import LOG_FILE
from loa.sim.runtime import cpython, find_runtime
from loa.sim.storms import Weather
from loa.sim.storms.fault import BROKER
from loa.site.model import Site
from loa.site.watch import SiteWatch
from loa.station.overview import overview
from loa.station.process import Post, serve
from loa.station.service import Service

_LOOK_S = 0.2


@at_site
def broker(place: Place, json: JsonOption = False) -> None:
    """Run the site's embedded broker until Ctrl-C."""
    if place.site.broker.url:
        raise LoaError(
            _("this site uses the broker {url}", url=place.site.broker.url), _('start that one, or set broker.kind = "nats"'), EXIT_USAGE
        )
    engine = _broker_of(place)
    following = SiteWatch(place.file, place.keyring)

    def look() -> None:
        _follow(following, engine.reload)
        if not engine.running:
            raise LoaError(_("the broker ended by itself"), _("its log is {log_file}", log_file=engine.log_file), EXIT_BROKER)

    with terminable():
        try:
            engine.start()
            _say(
                json,
                {"url": engine.url, "log": str(engine.log_file)},
                _("broker at {url}; its log is {log_file}; Ctrl-C ends it", url=engine.url, log_file=engine.log_file),
            )
            until_ended(None, look)
        finally:
            engine.stop()


@at_site
def station(
    place: Place,
    name: StationOption = "",
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="Sign by this computer's clock, whatever time servers say of it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Run a station's service until Ctrl-C: it carries orders to the nodes, reports back, and serves audio. The other commands need it."""
    wanted = name or place.station_name
    url = place.site.broker.url or _broker_of(place).url
    post = Post(place.site, wanted, place.keyring.folder, place.places.station(wanted), url, trust_clock)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")

    async def until_signal(service: Service) -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        _say(
            json,
            {"station": wanted, "folder": str(post.folder), "broker": url},
            _("station {wanted} serves from {folder}; Ctrl-C ends it", wanted=wanted, folder=post.folder),
        )
        before = None
        following = SiteWatch(place.file, place.keyring)
        while not ended.is_set():
            _follow(following, service.follow_site)
            if service.connected != before:
                before = service.connected
                output.notes().print(
                    _("connected to {url}", url=url) if before else _("no connection to {url} yet; trying again and again", url=url)
                )
            await asyncio.sleep(_LOOK_S)

    asyncio.run(serve(post, until_signal))


@at_site
def sim(
    place: Place,
    nodes: Annotated[
        str | None,
        typer.Option(
            help="Only these, joined by commas; or how many there are to be: a fleet on CPython, spread over the hamlets.",
            show_default="all of the station's",
        ),
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0, show_default="until Ctrl-C", help="How long.")] = None,
    runtime: Annotated[
        Literal["micropython", "cpython"] | None, typer.Option(help="What runs the nodes.", show_default="micropython, else cpython")
    ] = None,
    storm: StormOption = "calm",
    seed: SeedOption = None,
    profile: ProfileOption = "",
    record: Annotated[Path | None, typer.Option(help="Write the timeline of what was planned and heard into this folder.")] = None,
    name: StationOption = "",
    json: JsonOption = False,
) -> None:
    """Run the whole commune on this machine, apart from the real one: broker, station, simulated nodes.

    The other commands reach it with --sim. It keeps audio, plan and record from run to run; nodes begin as they leave the bench, and what they
    played in the run before is deleted.
    """
    if nodes is not None and nodes.strip().isdecimal():
        if runtime == "micropython":
            raise LoaError(_("{nodes} nodes share processes on CPython", nodes=nodes), _("leave --runtime out, or name nodes"), EXIT_USAGE)
        from loa.cli.fleet import run_fleet  # has no place on Windows

        run_fleet(place, int(nodes), name or None, seconds, storms.chosen(storm, seed, profile), record, json)
        return
    chosen = [one.strip() for one in nodes.split(",") if one.strip()] if nodes is not None else None
    found = cpython("it was asked for") if runtime == "cpython" else find_runtime()
    if runtime == "micropython" and not found.is_micropython:
        raise LoaError(found.says, _("install micropython, or leave --runtime out"), EXIT_USAGE)
    choice = storms.chosen(storm, seed, profile)
    commune = Commune(place.site, place.places.sim.folder, found, chosen, name or None)
    storms.surround(commune, choice)
    output.notes().print(_("{says}; starting", says=found.says))
    with terminable(), commune:
        where: dict[str, str | int] = {
            "folder": str(commune.places.folder),
            "broker": commune.broker.url,
            "http": commune.desk.http_url,
            "runtime": found.name,
        }
        where |= {"storm": choice.storm, "seed": choice.seed, "profile": choice.profile}
        if storms.says(choice):
            output.notes().print(storms.says(choice))
        _say(
            json,
            where,
            _("everything is in {folder}; give orders from another terminal with --sim; Ctrl-C ends it", folder=commune.places.folder),
        )
        with (
            storms.passing(commune, choice, seconds) as passing,
            shown(lambda: overview(commune.desk), commune.site.time_zone, json) as glance,
        ):
            starts = dict.fromkeys(commune.nodes, 1)
            began = int(time.time())

            def step() -> None:
                for line in passing.news():
                    glance.note(line)
                _check_parts(commune, passing.weather)
                _tell_restarts(commune, starts, glance)
                glance.refresh()

            until_ended(seconds, step)
        if record is not None:
            from loa.demo import record as timeline  # brings matplotlib, for which no other command waits

            output.notes().print(_("the timeline is {write}", write=timeline.write(commune.desk, record, began, int(time.time()))))


def _check_parts(commune: Commune, weather: Weather) -> None:
    """Raises `LoaError` for a part that ended though neither the storm nor anybody else ended it."""
    if not commune.broker.running and not weather.hits(BROKER):
        raise LoaError(_("the broker ended by itself"), _("its log is {log_file}", log_file=commune.broker.log_file), EXIT_BROKER)
    if not commune.station.running:
        raise LoaError(_("the station's service ended by itself"), _("its log is {log_file}", log_file=commune.station.log_file))
    for node in commune.nodes.values():
        if not node.running and not weather.hits(node.node_id):
            raise LoaError(
                _("the process of node {node_id} ended by itself", node_id=node.node_id),
                _("its log is {folder}", folder=node.folder / LOG_FILE),
            )
        node.check_program()


def _tell_restarts(commune: Commune, starts: dict[str, int], glance: Glance) -> None:
    """Say which nodes started anew and why; `starts` counts those already told."""
    for name, node in commune.nodes.items():
        for boot in node.boots[starts[name] :]:
            starts[name] += 1
            glance.note(
                _("node {name} starts again after a reset ({cause}), start {number}", name=name, cause=boot.cause, number=boot.number)
            )


def _follow(watch: SiteWatch, take: Callable[[Site], None]) -> None:
    """Hand the site on when it has changed; mistakes in it are told, and what was before stays in force."""
    try:
        site = watch.changed()
        if site is not None:
            take(site)
            output.notes().print(_("the site has changed: its nodes and accounts are in force as they are now"))
    except LoaError as error:
        show(error)


def _broker_of(place: Place) -> LocalBroker:
    return local_broker(place.site, place.keyring, place.places.broker)


def _say(json: bool, facts: Mapping[str, str | int], words: str) -> None:
    """Where things are: what scripts wait for."""
    if json:
        output.as_json(facts)
    else:
        output.results().print(words)
