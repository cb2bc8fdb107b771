"""The demo, from an empty folder to a page to look at: the commune is run, lived through, judged, drawn and told.

`build/demo/` then has a WAV for each node, `timeline.svg` and `.png`, `index.html`, `result.json`, and everything that broker, station and nodes
kept.
"""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from loa.demo import page, timeline
from loa.demo.story import AUDIO, FILES, Story, Told
from loa.demo.verdict import Line, Verdict, figures, judge
from loa.language import _
from loa.sim import recording
from loa.sim.commune import Commune
from loa.sim.runtime import Runtime, find_runtime
from loa.site.load import load_site

AREA = "son-la/moc-chau"
VICTIM = "ban-la-1"
_MARGIN_NS = 2_000_000_000
_NS = 1_000_000_000


def run(folder: Path, say: Callable[[str], None], runtime: Runtime | None = None) -> dict[str, Any]:
    """Run it in `folder`, which is emptied first; `say` is told every step. Returns the figures, of which `ok` is the verdict."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chosen = runtime or find_runtime()
    say(chosen.says)
    site = load_site(Path(__file__).parent / "site.toml").model_copy(update={"quiet": []})  # it must sound at any time of day
    with Commune(site, folder / "commune", chosen) as commune:
        for name in FILES:
            recorded = commune.desk.add_audio(AUDIO / f"{name}.mp3")
            say(f"{name}: {recorded.ms / 1000:.1f} s, {recorded.lufs:.1f} LUFS")
        say(_("broker and station run; waiting for the nodes"))
        commune.wait_online()
        told = Story(commune, AREA, VICTIM, say).play(folder / "plan.toml")
        for node in commune.nodes.values():
            node.power_off()
        say(_("listening to what each hamlet heard"))
        verdict = judge(commune, told, VICTIM)
        result = figures(verdict, told, VICTIM) | {"runtime": chosen.name}
        _tell(commune, told, verdict, result, folder)
    (folder / "result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    say(_("see and hear it: {path}", path=folder / "index.html"))
    return result


def _tell(commune: Commune, told: Told, verdict: Verdict, result: dict[str, Any], folder: Path) -> None:
    """Recordings, picture and page."""
    zone = ZoneInfo(commune.site.time_zone)
    for name in commune.nodes:
        _write_recording(commune, told, name, folder / f"{name}.wav")
    svg, _picture = timeline.draw(_timeline(commune, told, verdict, zone), folder)
    page.write(_page(commune, told, verdict, result, svg, zone), folder / "index.html")


def _write_recording(commune: Commune, told: Told, name: str, path: Path) -> None:
    start, end = int(told.begun * _NS) - _MARGIN_NS, int(told.ended * _NS)
    rate = commune.site.audio.rate
    recording.write_wav(path, recording.track(commune.nodes[name].segments(), start, end, rate), rate)


def _timeline(commune: Commune, told: Told, verdict: Verdict, zone: ZoneInfo) -> timeline.Timeline:
    planned = [
        timeline.Planned(line.node, line.wanted.programme, line.wanted.kind, line.wanted.start, line.wanted.end) for line in verdict.lines
    ]
    heard = [
        timeline.Heard(line.node, one.programme, line.wanted.kind, one.start, one.end, one.from_ms, one.to_ms, _is_cut(line, index))
        for line in verdict.lines
        for index, one in enumerate(line.stretches)
    ]
    nodes = [(name, commune.site.areas[commune.site.nodes[name].area].name) for name in commune.nodes]
    title = f"{commune.site.name}: planned and heard, {datetime.fromtimestamp(told.begun, zone):%d.%m.%Y}"
    return timeline.Timeline(title, zone, nodes, planned, heard, told.marks)


def _is_cut(line: Line, index: int) -> bool:
    return line.wanted.kind != "live" and index < len(line.stretches) - 1


def _page(commune: Commune, told: Told, verdict: Verdict, result: dict[str, Any], svg: Path, zone: ZoneInfo) -> page.Page:
    def clock(unix: float) -> str:
        return f"{datetime.fromtimestamp(unix, zone):%H:%M:%S}"

    sections = []
    for name, node in commune.nodes.items():
        lines = [line for line in verdict.lines if line.node == name]
        sections.append(
            page.NodeSection(
                node=name,
                place=commune.site.areas[commune.site.nodes[name].area].name,
                runtime=commune.runtime.says,
                tracks=[page.Track(f"{name}.wav", clock(told.begun - _MARGIN_NS / _NS))],
                rows=[_row(line, clock) for line in lines],
                figures=[
                    ("heard whole", f"{sum(line.is_whole for line in lines)} of {len(lines)}"),
                    ("urgent on the air after", _milliseconds(verdict.urgent_ms[name])),
                    ("live joined after", _milliseconds(verdict.live_ms[name])),
                    ("clicks", str(sum(click.node == name for click in verdict.clicks))),
                    ("starts", str(len(node.boots))),
                ],
            )
        )
    return page.Page(
        title=f"{commune.site.name}: what each hamlet heard",
        made=f"loa {version('loa')}, {datetime.fromtimestamp(told.ended, zone):%d.%m.%Y %H:%M}",
        summary="Everything that was planned and ordered was heard."
        if result["ok"]
        else "Something that was promised was not heard; see below.",
        figures=[(name.replace("_", " "), str(value)) for name, value in result.items()],
        picture=svg,
        picture_text="A row for each hamlet: above what was planned, below what was heard, over time.",
        nodes=sections,
    )


def _row(line: Line, clock: Callable[[float], str]) -> page.Row:
    heard = [f"{clock(one.start)}, {one.from_ms / 1000:.1f} to {one.to_ms / 1000:.1f} s" for one in line.stretches]
    reported = []
    if line.proof is not None:
        reported = [f"{one['from_ms'] / 1000:.1f} to {one['to_ms'] / 1000:.1f} s, {one['why']}" for one in line.proof.stretches]
    return page.Row(
        label=line.wanted.programme,
        kind=line.wanted.kind,
        planned=clock(line.wanted.start),
        heard=heard,
        reported=reported,
        verdict="missing" if not line.stretches else "ok" if line.is_whole and line.is_proved else "cut" if not line.is_whole else "wrong",
        note=f"{100 * line.share:.0f} % heard" if line.wanted.kind != "live" else "",
    )


def _milliseconds(value: int | None) -> str:
    return "never" if value is None else f"{value} ms"
