"""The demo's picture shows every row, bar and mark, and is the same for the same story."""

import re
from datetime import UTC, datetime
from itertools import pairwise

import matplotlib.image
import support_story
from matplotlib.text import Text

from loa.demo import timeline


def words(story):
    figure = timeline._figure(story)
    figure.canvas.draw()  # the axis writes its labels when it is drawn
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_files_are_pictures_and_repeatable(tmp_path):
    svg, png = timeline.draw(support_story.timeline(), tmp_path)
    first = svg.read_bytes()
    assert matplotlib.image.imread(png).shape[1] == 2400
    timeline.draw(support_story.timeline(), tmp_path)
    assert svg.read_bytes() == first and re.search(rb"<svg[^>]*viewBox", first)


def test_names_labels_and_marks_stand_on_it():
    shown = words(support_story.timeline())
    for word in (
        "Bản Áng",
        "loa-03",
        "Lũ quét",
        "Trực tiếp",
        "5.0 – 15.4 s",
        "Broker killed, its data deleted",
        "no power",
        "cut here",
        "resumed",
    ):
        assert word in shown, word
    assert shown.count("Lũ quét") == 6  # planned and heard in three rows
    assert "siren" not in shown  # the legend names only what is there


def test_axis_is_in_the_communes_time():
    assert datetime.fromtimestamp(support_story.START, UTC).hour == 14
    assert any(word.startswith("21:13:") for word in words(support_story.timeline()))
    assert any("2026-09-21 (+07)" in word for word in words(support_story.timeline()))


def test_label_without_room_is_shortened_or_left_out():
    long = timeline.Planned("loa-01", "Một thông báo có tên rất là dài", "normal", 0, 6)
    short = timeline.Planned("loa-01", "Một thông báo có tên rất là dài", "normal", 30, 30.2)
    story = timeline.Timeline("t", UTC, [("loa-01", "Bản Hin")], [long, short], [timeline.Heard("loa-01", "x", "live", 0, 100, 0, 100_000)])
    labels = [word for word in words(story) if word.startswith("Một")]
    assert len(labels) == 1 and labels[0].endswith("…") and len(labels[0]) < len(long.label)


def test_overlapping_plans_get_lanes_of_their_own():
    story = support_story.timeline()
    lanes = timeline._lanes([planned for planned in story.planned if planned.node == "loa-01"])
    assert [len(lane) for lane in lanes] == [5, 1] and lanes[1][0].label == "Lũ quét"
    for lane in lanes:
        assert all(before.end <= after.start for before, after in pairwise(lane))


def test_repeat_is_not_drawn_as_a_resumption():
    def arrows(second_from_ms):
        heard = [
            timeline.Heard("loa-01", "x", "normal", 0, 5, 0, 5_000, cut=True),
            timeline.Heard("loa-01", "x", "normal", 9, 14, second_from_ms, 9_000),
        ]
        figure = timeline._figure(timeline.Timeline("t", UTC, [("loa-01", "Bản Hin")], [], heard))
        return [line for line in figure.axes[0].lines if line.get_marker() == ">"]

    assert len(arrows(4_800)) == 1 and arrows(0) == []
