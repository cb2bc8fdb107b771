"""Draws what each node was to play above what it was heard to play, on one time axis in the commune's local time.

Colours are Okabe and Ito's, told apart by the colour-blind; class and live are also told by hatching and by the labels. Nothing is
computed here: the caller says what was planned and heard, and what befell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Literal

import matplotlib

matplotlib.use("Agg")

from matplotlib import dates, patheffects, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

Kind = Literal["normal", "priority", "urgent", "live", "chime", "siren"]


@dataclass(frozen=True)
class Planned:
    """What a node was to play: Unix seconds, a short label, and its class, or `live`, `chime`, `siren`."""

    node: str
    label: str
    kind: Kind
    start: float
    end: float


@dataclass(frozen=True)
class Heard:
    """One stretch that was heard. `from_ms` and `to_ms` are the part of the programme; `cut`: it stopped before its end."""

    node: str
    label: str
    kind: Kind
    start: float
    end: float
    from_ms: int
    to_ms: int
    cut: bool = False


@dataclass(frozen=True)
class Mark:
    """What befell one node (`power`: without power) or all (`node` is None: `broker` or `station` down), from `start` to `end`."""

    kind: Literal["power", "broker", "station"]
    start: float
    end: float
    label: str
    node: str | None = None


@dataclass(frozen=True)
class Timeline:
    """Everything on the picture. `nodes` are rows from the top: node id and the name of its hamlet."""

    title: str
    zone: tzinfo
    nodes: Sequence[tuple[str, str]]
    planned: Sequence[Planned]
    heard: Sequence[Heard]
    marks: Sequence[Mark] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Look:
    name: str
    fill: str
    hatch: str
    ink: str


_LOOKS: dict[str, _Look] = {
    "normal": _Look("normal", "#0072B2", "", "white"),
    "priority": _Look("priority", "#E69F00", "///", "black"),
    "urgent": _Look("urgent", "#C44601", "xxx", "white"),
    "live": _Look("live", "#009E73", "...", "white"),
    "chime": _Look("chime", "#CC79A7", "||", "black"),
    "siren": _Look("siren", "#7B3294", "++", "white"),
}
_PAPER, _INK, _FAINT = "#ffffff", "#1f2933", "#8a94a0"
_MARK_FILL = {"power": "#2b2f36", "broker": "#F0E442", "station": "#56B4E9"}
_STYLE = {"font.family": "DejaVu Sans", "font.size": 9, "hatch.linewidth": 0.5, "svg.hashsalt": "loa"}

_WIDTH_IN = 15.0
_ROW_IN = 1.25
_HEAD_IN, _FOOT_IN = 0.95, 1.15
_LEFT_IN, _RIGHT_IN = 1.75, 0.25
# A row is one unit high and counted from its top: planned (in lanes where plans overlap), then heard, then a little air.
_PLANNED, _HEARD = (0.07, 0.33), (0.44, 0.40)
_LANE_TALLEST, _LANE_GAP = 0.22, 0.025


def draw(timeline: Timeline, folder: Path) -> tuple[Path, Path]:
    """Write `timeline.svg` and `timeline.png` into `folder` and return their paths."""
    with rc_context(_STYLE):  # type: ignore[arg-type]  # the stub knows no plain str keys
        figure = _figure(timeline)
        svg, png = folder / "timeline.svg", folder / "timeline.png"
        figure.savefig(svg, metadata={"Date": None})
        figure.savefig(png, dpi=160)
    return svg, png


def _figure(timeline: Timeline) -> Figure:
    height = _HEAD_IN + _ROW_IN * len(timeline.nodes) + _FOOT_IN
    figure = Figure(figsize=(_WIDTH_IN, height), facecolor=_PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (_LEFT_IN / _WIDTH_IN, _FOOT_IN / height, 1 - (_LEFT_IN + _RIGHT_IN) / _WIDTH_IN, _ROW_IN * len(timeline.nodes) / height)
    )
    start, end = _span(timeline)
    axes.set_xlim(_day(start), _day(end))
    axes.set_ylim(len(timeline.nodes), 0)
    _draw_frame(figure, axes, timeline, height)
    rows = {node: row for row, (node, _) in enumerate(timeline.nodes)}
    for mark in timeline.marks:
        _draw_mark(axes, mark, rows, len(rows))
    for node, row in rows.items():
        _draw_plans(axes, [planned for planned in timeline.planned if planned.node == node], row)
    _draw_resumes(axes, timeline.heard, rows)
    for heard in timeline.heard:
        _draw_heard(axes, heard, rows[heard.node])
    _draw_legend(figure, timeline, height)
    return figure


def _span(timeline: Timeline) -> tuple[float, float]:
    """First and last moment drawn, with a little air on both sides."""
    entries: list[Planned | Heard | Mark] = [*timeline.planned, *timeline.heard, *timeline.marks]
    moments = [moment for entry in entries for moment in (entry.start, entry.end)]
    air = max((max(moments) - min(moments)) * 0.018, 1.0)
    return min(moments) - air, max(moments) + air


def _day(unix: float) -> float:
    """Unix seconds as matplotlib's day number."""
    return float(dates.date2num(datetime.fromtimestamp(unix, UTC)))  # type: ignore[no-untyped-call]


def _draw_frame(figure: Figure, axes: Axes, timeline: Timeline, height: float) -> None:
    figure.text(0.25 / _WIDTH_IN, 1 - 0.2 / height, timeline.title, fontsize=15, fontweight="bold", color=_INK, va="top")
    for row, (node, place) in enumerate(timeline.nodes):
        axes.axhspan(row, row + 1, facecolor="#f6f8fa" if row % 2 == 0 else _PAPER, zorder=0)
        beside = partial(axes.text, transform=axes.get_yaxis_transform(), ha="right", va="center")
        beside(-0.052, row + 0.36, place, fontsize=11, fontweight="bold", color=_INK)
        beside(-0.052, row + 0.62, node, fontsize=9, color=_FAINT)
        for (top, tall), name in ((_PLANNED, "planned"), (_HEARD, "heard")):
            beside(-0.006, row + top + tall / 2, name, fontsize=7.5, color=_FAINT)
    axes.xaxis.set_major_locator(dates.AutoDateLocator(tz=timeline.zone, minticks=6, maxticks=14))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S", tz=timeline.zone))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="x", colors=_INK, length=4, labelsize=9)
    axes.grid(axis="x", color="#d5dae0", linewidth=0.6, zorder=1)
    axes.set_axisbelow(True)
    axes.set_yticks([])
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    day = datetime.fromtimestamp(_span(timeline)[0], timeline.zone)
    axes.set_xlabel(f"local time, {day:%Y-%m-%d} ({day:%Z})", color=_INK, fontsize=9, labelpad=4)


def _draw_mark(axes: Axes, mark: Mark, rows: dict[str, int], count: int) -> None:
    first, last = _day(mark.start), _day(mark.end)
    fill = _MARK_FILL[mark.kind]
    if mark.node is None:
        axes.axvspan(first, last, facecolor=fill, alpha=0.28, zorder=0.5)
        axes.vlines([first, last], 0, count, colors=_INK, linewidth=0.7, linestyles=(0, (4, 3)), zorder=1.5)
        style = {"boxstyle": "round,pad=0.25", "facecolor": fill, "edgecolor": "none", "alpha": 0.55}
        text = axes.text(first, -0.06, mark.label, fontsize=8, color=_INK, ha="left", va="bottom", bbox=style)
        text.set_in_layout(False)
        return
    top, tall = rows[mark.node] + _HEARD[0] - 0.05, _HEARD[1] + 0.1
    axes.add_patch(Rectangle((first, top), last - first, tall, facecolor=fill, alpha=0.16, hatch="\\\\\\", edgecolor=fill, zorder=1.6))
    axes.vlines([first, last], top, top + tall, colors=fill, linewidth=1.4, zorder=4)
    _write(axes, mark.label, (first, last), top + tall / 2, fill, 8)


def _lanes(plans: Sequence[Planned]) -> list[list[Planned]]:
    """`plans` in as few lanes as keep apart those that overlap; the first lane begins with the earliest."""
    lanes: list[list[Planned]] = []
    for planned in sorted(plans, key=lambda planned: planned.start):
        free = next((lane for lane in lanes if lane[-1].end <= planned.start), None)
        if free is None:
            lanes.append([planned])
        else:
            free.append(planned)
    return lanes


def _draw_plans(axes: Axes, plans: Sequence[Planned], row: int) -> None:
    """All that one node was to play, the first lane lowest."""
    lanes = _lanes(plans)
    pitch = min(_PLANNED[1] / max(len(lanes), 1), _LANE_TALLEST)
    bottom = row + sum(_PLANNED)
    for number, lane in enumerate(lanes):
        top = bottom - (number + 1) * pitch
        for planned in lane:
            look = _LOOKS[planned.kind]
            span = _day(planned.start), _day(planned.end)
            tall = pitch - _LANE_GAP
            axes.add_patch(
                Rectangle((span[0], top), span[1] - span[0], tall, facecolor=_PAPER, edgecolor=look.fill, linewidth=1.5, zorder=2)
            )
            _write(axes, planned.label, span, top + tall / 2, _INK, 7.5 if len(lanes) == 1 else 7)


def _draw_heard(axes: Axes, heard: Heard, row: int) -> None:
    look = _LOOKS[heard.kind]
    first, last = _day(heard.start), _day(heard.end)
    top, tall = row + _HEARD[0], _HEARD[1]
    axes.add_patch(
        Rectangle((first, top), last - first, tall, facecolor=look.fill, hatch=look.hatch, edgecolor=_lighter(look), linewidth=0, zorder=3)
    )
    if heard.cut:
        axes.plot([last, last], [top - 0.05, top + tall + 0.05], color="black", linewidth=2.2, solid_capstyle="butt", zorder=5)
        axes.plot([last], [top - 0.06], marker="v", color="black", markersize=6, zorder=5, clip_on=False)
    part = f"{heard.from_ms / 1000:.1f} – {heard.to_ms / 1000:.1f} s"
    middle = top + tall / 2
    named = _write(axes, heard.label, (first, last), middle - 0.09, look.ink, 8.5, look)
    _write(axes, part, (first, last), middle + 0.09 if named else middle, look.ink, 7, look)


def _draw_resumes(axes: Axes, heard: Sequence[Heard], rows: dict[str, int]) -> None:
    """A dotted line from where a programme was cut to where it went on."""
    for cut in heard:
        if not cut.cut:
            continue
        later = [other for other in heard if (other.node, other.label) == (cut.node, cut.label) and other.start >= cut.end]
        # An own start is a repeat, not a resumption.
        after = min(later, key=lambda other: other.start, default=None)
        if after is None or (after.from_ms < 500 <= cut.to_ms):
            continue
        level = rows[cut.node] + _HEARD[0] + _HEARD[1] + 0.07
        ends = [_day(cut.end), _day(after.start)]
        axes.plot(ends, [level, level], color=_LOOKS[cut.kind].fill, linewidth=1.6, linestyle=(0, (1, 1.4)), zorder=2.5)
        axes.plot(ends[1:], [level], marker=">", color=_LOOKS[cut.kind].fill, markersize=5, zorder=2.6)


def _lighter(look: _Look) -> str:
    """The hatching's colour: just visible on the fill, so that it does not fight the label."""
    red, green, blue = (int(look.fill[at : at + 2], 16) for at in (1, 3, 5))
    return "#{:02x}{:02x}{:02x}".format(*(round(part + (255 - part) * 0.35) for part in (red, green, blue)))


def _write(axes: Axes, label: str, span: tuple[float, float], level: float, colour: str, size: float, on: _Look | None = None) -> bool:
    """Write `label` in the middle of `span`, shortened until it fits; False and nothing if not even three letters do."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    room = float(axes.transData.transform((span[1], 0))[0] - axes.transData.transform((span[0], 0))[0]) - 0.06 * figure.dpi
    text = axes.text((span[0] + span[1]) / 2, level, label, fontsize=size, color=colour, ha="center", va="center", zorder=6)
    if on is not None:
        text.set_path_effects([patheffects.withStroke(linewidth=2.2, foreground=on.fill)])
    shown = label
    while text.get_window_extent().width > room:
        shown = shown[:-1].rstrip()
        if len(shown) < 3:
            text.remove()
            return False
        text.set_text(shown + "…")
    return True


def _draw_legend(figure: Figure, timeline: Timeline, height: float) -> None:
    used = {planned.kind for planned in timeline.planned} | {heard.kind for heard in timeline.heard}
    kinds = [kind for kind in _LOOKS if kind in used]
    handles: list[Patch | Line2D] = [Patch(facecolor=_PAPER, edgecolor=_INK, linewidth=1.5, label="planned")]
    handles += [
        Patch(facecolor=_LOOKS[k].fill, hatch=_LOOKS[k].hatch, edgecolor=_lighter(_LOOKS[k]), linewidth=0, label=_LOOKS[k].name)
        for k in kinds
    ]
    if any(entry.cut for entry in timeline.heard):
        handles.append(Line2D([], [], color="black", marker="v", linestyle="none", markersize=7, label="cut here"))
        handles.append(Line2D([], [], color=_INK, linestyle=(0, (1, 1.4)), linewidth=1.6, marker=">", markevery=[1], label="resumed"))
    names = {"power": "no power", "broker": "broker down", "station": "station down"}
    for kind, name in names.items():
        if any(mark.kind == kind for mark in timeline.marks):
            alpha, hatch = (0.3, "\\\\\\") if kind == "power" else (0.45, "")
            handles.append(Patch(facecolor=_MARK_FILL[kind], alpha=alpha, hatch=hatch, edgecolor=_INK, linewidth=0, label=name))
    figure.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.1 / height),
        ncols=len(handles),
        frameon=False,
        fontsize=9,
        handlelength=2.2,
        handleheight=1.1,
        columnspacing=1.6,
    )
