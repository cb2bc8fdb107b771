"""The demo's page is whole in itself, escapes what it is given, and tells of every node and row."""

from html.parser import HTMLParser

import pytest
import support_story

from loa.demo import page, timeline


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.text, self.open = [], [], []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href") and tag in ("audio", "img", "link", "script", "a")]
        if tag in ("table", "tr", "td", "section", "dl", "div", "p"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("table", "tr", "td", "section", "dl", "div", "p"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def read(tmp_path):
    svg, _ = timeline.draw(support_story.timeline(), tmp_path)
    path = tmp_path / "index.html"
    page.write(support_story.page(svg), path)
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def test_only_the_recordings_are_elsewhere(read):
    assert read.links == ["loa-01.wav", "loa-02.wav", "loa-03.wav"]


def test_every_node_row_and_verdict_is_told(read):
    text = " ".join(" ".join(read.text).split())
    assert [text.count(place) for place in ("Bản Hin", "Tiểu khu 4", "Bản Áng")] == [1, 1, 1]
    assert text.count("✗ not heard") == 3 and text.count("◐ cut") == 3 and text.count("✓ as planned") == 9
    assert "21:13:46.2 5.0 – 15.4 s" in text and "pre-empted" in text and "412 ms" in text


def test_texts_are_escaped(read):
    assert "<left> & gone" in " ".join(read.text)
