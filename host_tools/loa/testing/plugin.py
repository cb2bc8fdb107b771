"""The pytest plugin: fixtures `broker`, `station`, `node`, `commune`, `storm` and what they are made of, options, and what is kept of a test that fails.

The entry point of pytest loads only this module. Everything else is imported when a test asks for a fixture.
"""

import random
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from loa.sim.node import SimulatedNode
    from loa.testing.commune import Broker, Commune, Node, Station
    from loa.testing.lab import Lab, MakeNode
    from loa.testing.storm import Storm

Scope = Literal["class", "module", "package", "session"]
_EVIDENCE = "loa-evidence"
_STORM_S = 600.0
_SEED_MAX = 2**31
_ENGINES = ("nats", "mosquitto")  # of `loa.broker.ENGINES`, which is not imported before a test asks for a fixture
_LAB: pytest.StashKey["Lab"] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("loa", "simulated nodes, stations and brokers")
    group.addoption(
        "--loa-broker", metavar="URL", help="Use this broker, mqtts://host:8883 or mqtt://host:1883, in place of an embedded one."
    )
    group.addoption(
        "--loa-engine", choices=_ENGINES, help="What the embedded broker is: nats if it is not given and the site says nothing."
    )
    group.addoption(
        "--loa-keys", metavar="DIR", help="Keep the keys of the site here, for a broker that wants its accounts or certificate."
    )
    group.addoption("--loa-site", metavar="FILE", help="The site under test, a site.toml; a commune of three hamlets if there is none.")
    group.addoption(
        "--loa-runtime", choices=("micropython", "cpython"), help="What runs the nodes: micropython if it is there, else cpython."
    )
    group.addoption(
        "--loa-profile", metavar="NAME", help="The network path of the nodes, as of loa sim; packets arrive at once without it."
    )
    group.addoption("--loa-seed", type=int, metavar="N", help="Where chance comes from; another one each run if it is not given.")
    group.addoption(
        "--loa-evidence", metavar="DIR", help=f"Where the traces of failed tests are kept: {_EVIDENCE} beside the configuration."
    )
    parser.addini("loa_site", "as --loa-site, from the folder of the configuration", type="string", default="")
    parser.addini("loa_evidence", "as --loa-evidence, from the folder of the configuration", type="string", default=_EVIDENCE)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "loa(site, nodes, station, runtime, seed, profile): the commune that the fixtures of this test are part of."
    )
    if config.option.loa_broker and config.option.loa_engine:
        raise pytest.UsageError("--loa-broker names a broker that runs already: leave --loa-engine out, or --loa-broker")
    if config.option.loa_seed is None:
        config.option.loa_seed = random.randrange(_SEED_MAX)  # handed on to the workers of xdist with the other options


def pytest_report_header(config: pytest.Config) -> str:
    return f"loa: seed {config.option.loa_seed}, broker {config.option.loa_broker or config.option.loa_engine or 'embedded'}"


@pytest.fixture(scope="session")
def loa_lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Lab":
    """What makes communes and single nodes; for tests that need several, or live through them in other ways than one after the other."""
    from loa.testing.lab import Lab, Settings

    options = request.config.option
    site = options.loa_site or request.config.getini("loa_site")
    settings = Settings(
        site=request.config.rootpath / site if site else None,
        broker=options.loa_broker,
        engine=options.loa_engine,
        keys=Path(options.loa_keys) if options.loa_keys else None,
        runtime=options.loa_runtime,
        seed=options.loa_seed,
        profile=options.loa_profile,
    )
    lab = Lab(settings, tmp_path_factory.mktemp)
    request.config.stash[_LAB] = lab
    return lab


def shared(scope: Scope = "module", **options: Any) -> Any:
    """A fixture to be assigned to `loa_commune` in a module or conftest: one commune for all its tests. `options`: as of the marker `loa`."""

    @pytest.fixture(scope=scope, name="loa_commune")
    def loa_commune(loa_lab: "Lab") -> Iterator["Commune"]:
        with plain_errors(), loa_lab.commune(**options) as commune:
            yield commune

    return loa_commune


@pytest.fixture
def loa_commune(request: pytest.FixtureRequest, loa_lab: "Lab") -> Iterator["Commune"]:
    """The commune that the other fixtures are part of, nothing of which runs until it is asked for."""
    marker = request.node.get_closest_marker("loa")
    with plain_errors(), loa_lab.commune(**(marker.kwargs if marker else {})) as commune:
        yield commune


@pytest.fixture
def broker(loa_commune: "Commune") -> "Broker":
    """A broker with the site's accounts, and nothing else."""
    with plain_errors():
        loa_commune.start_broker()
    return loa_commune.broker


@pytest.fixture
def station(loa_commune: "Commune") -> "Station":
    """A station's service with its broker; `station.desk` is what officers do."""
    with plain_errors():
        loa_commune.start_station()
    return loa_commune.station


@pytest.fixture
def node(loa_commune: "Commune") -> "Node":
    """The commune's first node, online, with its station and broker."""
    with plain_errors():
        loa_commune.start_node(loa_commune.node.node_id)
        loa_commune.wait_online()
    return loa_commune.node


@pytest.fixture
def commune(loa_commune: "Commune") -> "Commune":
    """All nodes, online, with station and broker."""
    with plain_errors():
        for name in loa_commune.nodes:
            loa_commune.start_node(name)
        loa_commune.wait_online()
    return loa_commune


@pytest.fixture
def storm(loa_commune: "Commune") -> Iterator[Callable[..., "Storm"]]:
    """Lets a storm come over the nodes that run, `storm("power", seed=None, seconds=600)`: it begins at once and ends with the test."""
    with ExitStack() as storms:

        def begin(name: str, seed: int | None = None, seconds: float = _STORM_S) -> "Storm":
            from loa.testing import storm

            with plain_errors():
                begun = storm.begin(loa_commune, name, seed, seconds)
            storms.callback(begun.end)
            return begun

        yield begin


@pytest.fixture
def loa_node(loa_lab: "Lab") -> Iterator["MakeNode"]:
    """Makes nodes by themselves, `loa_node(flash, runtime="cpython")`: not switched on yet, without broker and station, gone after the test."""
    with ExitStack() as nodes:

        def make(flash: bytes, runtime: str | None = None, **options: Any) -> "SimulatedNode":
            with plain_errors():
                return nodes.enter_context(loa_lab.node(flash, runtime, **options))

        yield make


@contextmanager
def plain_errors() -> Iterator[None]:
    """What a person can mend is said in a line or two, without a traceback."""
    from loa.errors import LoaError

    try:
        yield
    except LoaError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    if _LAB not in pyfuncitem.config.stash:
        return (yield)
    from loa.broker.external import NotOurs

    try:
        return (yield)
    except NotOurs as error:
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    lab = item.config.stash.get(_LAB, None)
    if report.failed and lab is not None and lab.live:
        report.sections.append(("loa", "\n".join(_kept(item, lab))))
    return report


def _kept(item: pytest.Item, lab: "Lab") -> Iterator[str]:
    """Keeps the traces of everything that lives, and says where, a line each."""
    from loa.testing.commune import Commune
    from loa.testing.evidence import keep

    config = item.config
    seeds = [one.seed for one in lab.live if isinstance(one, Commune)]
    seed = seeds[0] if seeds else lab.settings.seed
    yield f"seed {seed}; again with: pytest {item.nodeid!r} --loa-seed {seed}"
    for storm in (storm for one in lab.live if isinstance(one, Commune) for storm in one.storms):
        yield f"storm {storm['storm']}, seed {storm['seed']}"
    top = config.rootpath / (config.option.loa_evidence or config.getini("loa_evidence"))
    folder = top / re.sub(r"[^\w.-]+", "-", item.nodeid).strip("-")
    shutil.rmtree(folder, ignore_errors=True)
    for number, one in enumerate(lab.live):
        place = folder / str(number) if len(lab.live) > 1 else folder
        try:
            yield f"kept in {place}: " + ", ".join(path.name for path in keep(one, place))
        except Exception as fault:  # noqa: BLE001 - the test's own failure must be reported, and the run goes on
            yield f"not all could be kept in {place}: {type(fault).__name__}: {fault}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "seed").write_text(f"{seed}\n")
    (top / ".gitignore").write_text("*\n")
