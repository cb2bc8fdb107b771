"""The keys folder: made once, private, and changed only where the site changed."""

import shutil
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from host_support import AREA, STATION, keyring, site

from loa.errors import LoaError
from loa.firmware import BODIES, documents, limits, schema
from loa.keys import Keyring, base64url, certificates
from loa.keys.signing import SigningKey, load_rsa_key, new_rsa_key, open_signed, store_rsa_key
from loa.site.model import Broker


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_ensure_is_idempotent_private_and_follows_the_site(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    ring.ensure(site(), passphrase="open sesame")
    before = contents(ring.folder)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [ring.folder, *ring.folder.rglob("*")])
    ring.ensure(site())
    assert contents(ring.folder) == before
    nodes = {**site().nodes, "ban-la-2": site().nodes["ban-la-1"]}
    ring.ensure(site().model_copy(update={"nodes": nodes}), names=["loa.example"])
    changed = {name for name, content in contents(ring.folder).items() if before.get(name) != content}
    assert changed == {"nodes/ban-la-2.json", "server.pem"}


def test_a_locked_root_is_asked_for_only_when_trust_changes(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    ring.ensure(site(), passphrase="open sesame")
    stations = {**site().stations, "son-la": site().stations[STATION].model_copy(update={"area": "son-la"})}
    larger = site().model_copy(update={"stations": stations})
    with pytest.raises(LoaError, match="locked"):
        ring.ensure(larger)
    with pytest.raises(LoaError, match="does not open"):
        ring.ensure(larger, passphrase="open barley")
    old = open_signed(ring.trust(AREA), ring.root_public())
    ring.ensure(larger, passphrase="open sesame")
    new = open_signed(ring.trust(AREA), ring.root_public())
    assert new["rev"] > old["rev"]
    assert [key["kid"] for key in new["keys"]] == [STATION, "son-la"]
    assert [key["kid"] for key in open_signed(ring.trust("son-la"), ring.root_public())["keys"]] == ["son-la"]


def test_the_trust_document_is_one_that_nodes_read() -> None:
    payload = open_signed(keyring().trust(AREA), keyring().root_public())
    schema.check(documents.HEADER, payload, "")
    schema.check(BODIES["trust"], payload, "")
    assert (payload["typ"], payload["iss"], payload["aud"]) == ("trust", "root", AREA)
    (key,) = payload["keys"]
    assert (key["kid"], key["areas"], key["class"]) == (STATION, [AREA], "urgent")
    assert {name: key[name] for name in ("n", "e")} == keyring().station(STATION).public()
    assert payload["ca"] == keyring().authority()
    assert len(keyring().trust(AREA)) <= limits.DOCUMENT_BYTES_MAX


def test_a_signature_is_rs256_over_the_compact_form() -> None:
    raw = SigningKey("k", key := new_rsa_key()).sign({"tên": "Mộc Châu"})
    head, body, signature = raw.split(".")
    from cryptography.hazmat.primitives import hashes

    key.public_key().verify(base64url.decode(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert base64url.decode(body) == '{"tên":"Mộc Châu"}'.encode()
    assert base64url.decode(head) == b'{"alg":"RS256","kid":"k"}'


def test_certificates_are_valid_before_a_node_knows_the_time() -> None:
    authority, server = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (keyring().authority_file, keyring().server_file))
    assert server.not_valid_before_utc.year == authority.not_valid_before_utc.year == 2000
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert ssl.create_default_context(cadata=keyring().authority()).cert_store_stats()["x509_ca"] == 1


def test_keys_that_are_missing_or_no_keys(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    for read in (ring.root_public, ring.authority, lambda: ring.station("x"), lambda: ring.node("x"), lambda: ring.trust("a/b")):
        with pytest.raises(LoaError, match="cannot be read"):
            read()
    (tmp_path / "bad.pem").write_text("no key")
    with pytest.raises(LoaError, match="does not open"):
        load_rsa_key(tmp_path / "bad.pem")
    store_rsa_key(tmp_path / "locked.pem", new_rsa_key(), "secret")
    with pytest.raises(LoaError, match="locked"):
        load_rsa_key(tmp_path / "locked.pem")


def test_a_trust_document_of_another_root_is_refused(tmp_path: Path) -> None:
    ring, other = Keyring(tmp_path / "a"), Keyring(tmp_path / "b")
    ring.ensure(site())
    other.ensure(site())
    (ring.folder / "trust" / f"{AREA}.jws").write_text(other.trust(AREA))
    with pytest.raises(LoaError, match="not signed by this root key"):
        ring.ensure(site())


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    """Keys of the site that a test may change; the root is locked and lies elsewhere."""
    shutil.copytree(keyring().folder, tmp_path / "keys")
    made = Keyring(tmp_path / "keys", tmp_path / "stick" / "root.pem")
    open_root = made.folder / "root.pem"
    store_rsa_key(made.root_file, load_rsa_key(open_root), "open sesame")
    open_root.unlink()
    return made


def trusted(ring: Keyring) -> tuple[list[str], list[str]]:
    """Kids that nodes believe and those that they must not, by the signed trust document."""
    payload = open_signed(ring.trust(AREA), ring.root_public())
    schema.check(BODIES["trust"], payload, "")
    assert len(ring.trust(AREA)) <= limits.DOCUMENT_BYTES_MAX
    return [key["kid"] for key in payload["keys"]], payload.get("revoked", [])


def test_a_station_changes_its_key_and_the_old_one_is_revoked(ring: Keyring) -> None:
    old = ring.station(STATION).public()
    new = ring.rotate_station(site(), STATION, "open sesame")
    assert trusted(ring) == ([new, STATION], [])
    assert ring.station(STATION).kid == new and ring.station(STATION).public() != old
    assert ring.revoke_station_key(site(), STATION, STATION, "open sesame") == new
    assert trusted(ring) == ([new], [STATION])
    before = contents(ring.folder)
    ring.ensure(site())
    assert contents(ring.folder) == before


def test_a_stolen_key_is_replaced_and_revoked_at_once(ring: Keyring) -> None:
    new = ring.revoke_station_key(site(), STATION, STATION, "open sesame")
    third = ring.revoke_station_key(site(), STATION, new, "open sesame")
    assert len({STATION, new, third}) == 3
    assert trusted(ring) == ([third], sorted([STATION, new]))
    assert sorted(path.name for path in (ring.folder / "stations").glob("*.pem")) == [f"{STATION}.{third}.pem"]


def test_a_wrong_passphrase_or_another_root_changes_nothing(ring: Keyring, tmp_path: Path) -> None:
    before = contents(ring.folder)
    with pytest.raises(LoaError, match="does not open"):
        ring.rotate_station(site(), STATION, "open barley")
    store_rsa_key(tmp_path / "other.pem", new_rsa_key())
    with pytest.raises(LoaError, match="not the root key of this site"):
        Keyring(ring.folder, tmp_path / "other.pem").rotate_station(site(), STATION)
    with pytest.raises(LoaError, match="is not here"):
        Keyring(ring.folder).renew_authority(site())
    assert contents(ring.folder) == before


def test_a_node_loses_its_secrets_and_gets_new_ones(ring: Keyring) -> None:
    old = ring.node("ban-la-1")
    ring.revoke_node("ban-la-1", "stolen")
    ring.ensure(site())
    with pytest.raises(LoaError, match="are revoked"):
        ring.node("ban-la-1")
    ring.renew_node("ban-la-1")
    assert ring.node("ban-la-1").password != old.password and ring.node("ban-la-1").report_key != old.report_key


def test_certificates_are_renewed_in_two_steps(ring: Keyring) -> None:
    first = ring.server_file.read_bytes()
    ring.renew_authority(site(), "open sesame")
    newest, before = certificates.split(ring.authority_file.read_bytes())
    assert ring.server_file.read_bytes() == first and certificates.serves(first, before, []) and not certificates.serves(first, newest, [])
    assert open_signed(ring.trust(AREA), ring.root_public())["ca"] == ring.authority()
    assert trusted(ring) == ([STATION], [])
    ring.renew_server(site())
    assert certificates.serves(ring.server_file.read_bytes(), newest, ["localhost"])
    ring.renew_authority(site(), "open sesame")
    assert len(certificates.split(ring.authority_file.read_bytes())) == 2


def test_the_certificate_names_the_host_of_a_broker_elsewhere(tmp_path: Path) -> None:
    elsewhere = Broker(kind="external", url="mqtts://broker.example:8883")
    ring = Keyring(tmp_path)
    ring.ensure(site().model_copy(update={"broker": elsewhere}))
    assert certificates.serves(ring.server_file.read_bytes(), ring.authority_file.read_bytes(), ["broker.example"])
