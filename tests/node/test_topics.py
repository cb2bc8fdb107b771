"""Topic names round-trip and nothing outside the grammar is taken for an area."""

from node.bus import topics


def test_chain_runs_from_the_province_down():
    assert topics.chain("son-la/moc-chau/ban-hin") == ("son-la", "son-la/moc-chau", "son-la/moc-chau/ban-hin")


def test_to_topics_round_trip():
    for audience in ("son-la", "son-la/moc-chau", "node/loa-01"):
        for kind in topics.AREA_TYPES + topics.NODE_TYPES:
            assert topics.parse_to(topics.to(audience, kind)) == (audience, kind)


def test_from_topics_round_trip():
    for kind in topics.REPORTS:
        assert topics.parse_from(topics.from_node("loa-01", kind)) == ("loa-01", kind)


def test_foreign_topics_are_none():
    for topic in ("", "loa/v1/to", "loa/v1/to/plan", "loa/v1/to//plan", "loa/v1/to/A/plan", "loa/v2/to/a/plan", "loa/v1/from/a/plan"):
        assert topics.parse_to(topic) is None
    for topic in ("loa/v1/from/a", "loa/v1/from/a/state/x", "loa/v1/from/A/state", "loa/v1/from/a/plan"):
        assert topics.parse_from(topic) is None


def test_covers_is_by_segment():
    assert topics.covers("a/b", "a/b") and topics.covers("a/b", "a/b/c")
    assert not topics.covers("a/b", "a/bc") and not topics.covers("a/b", "a")


def test_areas():
    assert topics.is_area("a/b/c") and topics.is_area("a-1")
    for text in ("", "/", "a/", "/a", "a//b", "node/x", "node", "A", "a b", "a/b/c/d/e", "a" * 33):
        assert not topics.is_area(text)
