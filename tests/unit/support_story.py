"""A made-up hour in a commune, with everything the demo's picture and page must show."""

from pathlib import Path
from zoneinfo import ZoneInfo

from loa.demo.page import NodeSection, Page, Row, Track
from loa.demo.timeline import Heard, Mark, Planned, Timeline

START = 1_790_000_000.0
NODES = (("loa-01", "Bản Hin"), ("loa-02", "Tiểu khu 4"), ("loa-03", "Bản Áng"))


def timeline() -> Timeline:
    """Three nodes: an urgent warning cuts a notice, live, a priority notice, one node without power, the broker down."""
    planned, heard = [], []

    def plays(node, label, kind, at, *parts):
        planned.append(Planned(node, label, kind, START + at, START + at + sum((to - begin) / 1000 for _, begin, to in parts)))
        last = len(parts) - 1
        for index, (when, begin, to) in enumerate(parts):
            heard.append(Heard(node, label, kind, START + when, START + when + (to - begin) / 1000, begin, to, index < last))

    for number, (node, _) in enumerate(NODES):
        late = 0.15 * number
        plays(node, "Chợ phiên", "normal", 3, (3.1 + late, 0, 7771))
        plays(node, "Nông vụ", "normal", 14, (14.1 + late, 0, 5200), (26.2 + late, 5000, 15385))
        plays(node, "Lũ quét", "urgent", 19.2, (19.4 + late, 0, 6478))
        if number == 2:
            planned.append(Planned(node, "Tiêm chủng", "normal", START + 40, START + 49.8))
            heard.append(Heard(node, "Tiêm chủng", "normal", START + 40.1, START + 44.0, 0, 3900, True))
            heard.append(Heard(node, "Tiêm chủng", "normal", START + 50.3, START + 56.2, 3900, 9831))
        else:
            plays(node, "Tiêm chủng", "normal", 40, (40.1 + late, 0, 9831))
        plays(node, "Cắt nước", "priority", 58, (58.1 + late, 0, 6146))
        if number == 0:
            plays(node, "Trực tiếp", "live", 66, (66.4, 1200, 14700))
    marks = (
        Mark("broker", START + 33, START + 53, "Broker killed, its data deleted"),
        Mark("power", START + 44, START + 49, "no power", "loa-03"),
    )
    return Timeline("Xã Mộc Châu: planned and heard", ZoneInfo("Asia/Ho_Chi_Minh"), NODES, planned, heard, marks)


def page(picture: Path) -> Page:
    """The page that belongs to `timeline()`; `picture` is its SVG."""
    rows = (
        Row("Chợ phiên", "normal", "21:13:23", ["21:13:23.1  0.0 – 7.8 s"], ["21:13:23  0.0 – 7.8 s, end"], "ok"),
        Row(
            "Nông vụ",
            "normal",
            "21:13:34",
            ["21:13:34.1  0.0 – 5.2 s", "21:13:46.2  5.0 – 15.4 s"],
            ["21:13:34  0.0 – 5.2 s, pre-empted", "21:13:46  5.0 – 15.4 s, end"],
            "ok",
            "cut by Lũ quét, then resumed",
        ),
        Row(
            "Lũ quét",
            "urgent",
            "21:13:39",
            ["21:13:39.4  0.0 – 6.5 s"],
            ["21:13:39  0.0 – 6.5 s, end"],
            "ok",
            "heard 412 ms after the order",
        ),
        Row("Cắt nước", "priority", "21:14:18", [], [], "missing"),
        Row("Trực tiếp", "live", "21:14:26", ["21:14:26.4  1.2 – 14.7 s"], ["21:14:26  13.5 s, stopped"], "cut", "<left> & gone"),
    )
    sections = [
        NodeSection(
            node, place, "MicroPython, ESP32 emulated", [Track(f"{node}.wav", "21:13:20")], rows, [("clicks", "0"), ("match", "99.8 %")]
        )
        for node, place in NODES
    ]
    figures = [("nodes", "3"), ("bulletins played", "14 of 14"), ("urgent heard after", "412 ms"), ("events recorded", "27")]
    summary = "Three nodes played a signed plan. What is called heard was recognised in the recordings; what is called reported came over the bus."
    return Page(
        "Xã Mộc Châu: what each hamlet heard",
        "Made 2026-09-21 21:15 (+07)",
        summary,
        figures,
        picture,
        "Planned and heard, a row a node",
        sections,
    )
