"""Fetching a file: taken up where it broke off, whole and right or not at all."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from boards_support import Heard

from loa.errors import LoaError
from loa.flash.cache import NotFetched, fetch

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Server:
    """Serves `CONTENT`; `breaks`: after so many bytes the next answers break off; `ranges`: whether it knows them."""

    def __init__(self) -> None:
        self.breaks: list[int] = []
        self.ranges = True
        self.status = 0
        self.asked: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers.get("Range")
                outer.asked.append(wanted)
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and outer.ranges else 0
                if outer.status or start > len(CONTENT) or (start == len(CONTENT) and wanted):
                    self.send_error(outer.status or 416)
                    return
                body = CONTENT[start:]
                self.send_response(206 if wanted and outer.ranges else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: outer.breaks.pop(0)] if outer.breaks else body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/image.bin"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    made = _Server()
    yield made
    made.close()


def test_a_file_comes_whole_with_progress_and_only_once(server, tmp_path):
    heard = Heard()
    path = fetch(server.url, "image.bin", SHA256, tmp_path, heard)
    assert path.read_bytes() == CONTENT and heard.far == (len(CONTENT), len(CONTENT))
    assert fetch(server.url, "image.bin", SHA256, tmp_path, heard) == path
    assert len(server.asked) == 1


def test_a_connection_that_breaks_is_taken_up_where_it_was(server, tmp_path):
    server.breaks = [100_000, 50_000]
    assert fetch(server.url, "image.bin", SHA256, tmp_path, Heard()).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=150000-"]


def test_what_came_before_this_program_was_ended_counts(server, tmp_path):
    (tmp_path / "image.bin.part").write_bytes(CONTENT[:300_000])
    fetch(server.url, "image.bin", SHA256, tmp_path, Heard())
    assert server.asked == ["bytes=300000-"]


def test_a_part_that_is_all_of_it_needs_no_more(server, tmp_path):
    (tmp_path / "image.bin.part").write_bytes(CONTENT)
    assert fetch(server.url, "image.bin", SHA256, tmp_path, Heard()).read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_sends_all_again(server, tmp_path):
    server.ranges = False
    (tmp_path / "image.bin.part").write_bytes(CONTENT[:300_000])
    assert fetch(server.url, "image.bin", SHA256, tmp_path, Heard()).read_bytes() == CONTENT


def test_another_sha256_leaves_nothing_behind(server, tmp_path):
    with pytest.raises(LoaError, match="its SHA-256 is"):
        fetch(server.url, "image.bin", "0" * 64, tmp_path, Heard())
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    (tmp_path / "image.bin").write_bytes(CONTENT[:-1] + b"x")
    assert fetch(server.url, "image.bin", SHA256, tmp_path, Heard()).read_bytes() == CONTENT


def test_a_refusal_or_a_dead_server_is_one_line_with_a_hint(server, tmp_path):
    server.status = 404
    with pytest.raises(NotFetched, match="HTTP 404") as refused:
        fetch(server.url, "image.bin", SHA256, tmp_path, Heard())
    assert "--image" in refused.value.hint
    with pytest.raises(NotFetched, match="refused"):
        fetch("http://127.0.0.1:1/image.bin", "image.bin", SHA256, tmp_path, Heard())


def test_a_connection_that_never_gets_further_is_given_up(server, tmp_path):
    server.breaks = [1000, 0, 0]
    with pytest.raises(NotFetched, match="broke"):
        fetch(server.url, "image.bin", SHA256, tmp_path, Heard())
    assert (tmp_path / "image.bin.part").stat().st_size == 1000


def test_a_full_disk_is_told_and_what_came_stays(server, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loa.flash.cache.os.replace", full)
    with pytest.raises(LoaError, match="No space left on device") as refused:
        fetch(server.url, "image.bin", SHA256, tmp_path, Heard())
    assert "make room" in refused.value.hint
    assert (tmp_path / "image.bin.part").read_bytes() == CONTENT
