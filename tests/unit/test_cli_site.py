"""`loa site init`, `loa keys` and `loa replace`: a site is begun, its keys change, and a spare becomes a dead node; mistakes change nothing."""

import json
import tomllib
from pathlib import Path

import pytest
from cli_support import Desk, run
from host_support import AREA, STATION

from loa.bench.inventory import Inventory
from loa.errors import EXIT_INVALID, EXIT_KEYS, EXIT_USAGE
from loa.keys import Keyring
from loa.site import load_site
from loa.site.watch import SiteWatch

SECRET = "hoa ban trắng"
SPARE = '\n[nodes.du-phong-1]   # on the shelf\narea = "son-la/moc-chau/ban-mong"\nboard = "generic-esp32-max98357a"\nlanguage = "vi"\n'


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that `init` made, with the root key on a stick."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "stick").mkdir()
    where = ("--name", "Yên Châu", "--area", "son-la/yen-chau", "--host", "loa.yen-chau.example", "--root", folder / "stick")
    told = run("site", "init", folder / "site.toml", *where, "--passphrase", SECRET)
    assert f"the root key is {folder / 'stick' / 'root.pem'}" in told.stdout
    return folder


def test_a_site_is_begun(begun: Path) -> None:
    site = load_site(begun / "site.toml")
    assert site.areas["son-la/yen-chau"].name == "Yên Châu" and site.areas["son-la"].name == "Son La"
    assert site.stations["yen-chau"].area == "son-la/yen-chau" and site.broker.host == "loa.yen-chau.example"
    assert b"ENCRYPTED" in (begun / "stick" / "root.pem").read_bytes() and not (begun / "keys" / "root.pem").exists()
    nats = json.loads((begun / "broker" / "nats.conf").read_text())
    assert nats["mqtt"]["port"] == 8883 and [user["user"] for user in nats["authorization"]["users"]] == ["station_yen-chau"]
    assert "user station_yen-chau\n" in (begun / "broker" / "mosquitto.acl").read_text()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (begun / "broker").iterdir())


def test_init_again_changes_nothing_and_needs_no_root(begun: Path) -> None:
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    assert run("site", "init", begun / "site.toml", "--json").json["broker"] == []
    assert {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()} == before


def test_what_a_new_site_needs_is_said(tmp_path: Path) -> None:
    told = run("site", "init", tmp_path / "site.toml", code=EXIT_USAGE)
    assert "a new site needs a name, an area and a host" in told.stderr
    where = ("--name", "X", "--host", "x.example")
    assert (
        "is no area" in run("site", "init", tmp_path / "site.toml", *where, "--area", "Son La", "--passphrase", "x", code=EXIT_USAGE).stderr
    )
    assert not list(tmp_path.iterdir())
    told = run("site", "init", tmp_path / "site.toml", *where, "--area", "son-la", code=EXIT_KEYS)
    assert "must be locked by a passphrase" in told.stderr
    assert not (tmp_path / "keys").exists()
    told = run("site", "init", tmp_path / "site.toml", "--passphrase", "x", "--root", tmp_path / "no-stick", code=EXIT_KEYS)
    assert "no such folder" in told.stderr and not (tmp_path / "no-stick").exists()


def test_keys_are_rotated_and_revoked(begun: Path) -> None:
    where = ("--site", begun / "site.toml", "--root", begun / "stick", "--passphrase", SECRET, "--json")
    assert run("keys", "rotate", "yen-chau", *where).json == {
        "station": "yen-chau",
        "key": "yen-chau-2",
        "earlier": "yen-chau",
        "broker": [],
    }
    assert run("keys", "revoke", "yen-chau", *where).json["key"] == "yen-chau-2"
    told = run("keys", "rotate", "yen-chua", *where, code=EXIT_INVALID)
    assert 'did you mean "yen-chau"?' in told.stderr
    told = run("keys", "rotate", "yen-chau", *where[:4], "--passphrase", "guess", code=EXIT_KEYS)
    assert "does not open" in told.stderr
    told = run("keys", "renew", "authority", *where[:2], code=EXIT_KEYS)
    assert "say where it is with --root" in told.stderr


def test_a_revoked_node_is_gone_from_the_brokers_accounts(tmp_path: Path) -> None:
    desk = Desk(tmp_path, own_keys=True)
    run("site", "init", desk.site, "--passphrase", SECRET)
    acl = tmp_path / "broker" / "mosquitto.acl"
    assert "user ban-la-1\n" in acl.read_text()
    told = desk.loa("keys", "revoke", "ban-la-1")
    assert "has no secrets any more" in told.stdout and str(acl) in told.stderr
    assert "user ban-la-1\n" not in acl.read_text()
    assert desk.loa("keys", "renew", "ban-la-1", "--json").json["renewed"] == "ban-la-1"
    assert "user ban-la-1\n" in acl.read_text()
    assert 'did you mean "ban-la-1"?' in desk.loa("keys", "revoke", "ban-la-2", code=EXIT_INVALID).stderr


def test_a_spare_becomes_the_dead_node(tmp_path: Path) -> None:
    desk = Desk(tmp_path, own_keys=True)
    desk.site.write_text(desk.site.read_text() + SPARE)
    run("keys", desk.site)
    ring = Keyring(tmp_path / "keys")
    before = ring.node("ban-la-1")
    watch = SiteWatch(desk.site, ring)
    inventory = Inventory(desk.places.folder)
    inventory.begin("24:00:00:00:00:07", "generic-esp32-max98357a", ["du-phong-1"], "usb-1")
    done = {"node": "ban-la-1", "spare": "du-phong-1", "area": f"{AREA}/ban-la", "board": "generic-esp32-max98357a", "broker": []}
    assert desk.loa("replace", "ban-la-1", "du-phong-1", "--json").json == done
    nodes = tomllib.loads(desk.site.read_text())["nodes"]
    assert "du-phong-1" not in nodes and nodes["ban-la-1"]["area"] == f"{AREA}/ban-la"
    assert ring.node("ban-la-1") != before and ring.is_revoked("du-phong-1")
    entry = inventory.of_node("ban-la-1")
    assert entry is not None and entry.mac == "24:00:00:00:00:07"
    changed = watch.changed()
    assert changed is not None and "du-phong-1" not in changed.nodes and watch.changed() is None
    fresh = ring.node("ban-la-1")
    assert desk.loa("replace", "ban-la-1", "du-phong-1", "--json").json == done
    assert ring.node("ban-la-1") == fresh
    inventory.close()


def test_a_replacement_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, own_keys=True)
    run("keys", desk.site)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert 'did you mean "ban-la-1"?' in desk.loa("replace", "ban-la-11", "ban-hin-1", code=EXIT_INVALID).stderr
    assert 'there is no node "spare"' in desk.loa("replace", "ban-la-1", "spare", code=EXIT_INVALID).stderr
    assert "cannot replace itself" in desk.loa("replace", "ban-la-1", "ban-la-1", code=EXIT_INVALID).stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_name_that_is_node_and_station_must_be_said_exactly(tmp_path: Path) -> None:
    desk = Desk(tmp_path, own_keys=True)
    desk.edit("[nodes.ban-la-1]", f"[nodes.{STATION}]")
    run("keys", desk.site)
    assert "is a node and a key" in desk.loa("keys", "revoke", STATION, code=EXIT_INVALID).stderr
    assert desk.loa("keys", "revoke", f"node/{STATION}", "--json").json["node"] == STATION
