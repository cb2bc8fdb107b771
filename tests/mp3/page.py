"""Writes the figures of the bench into docs/mp3.md: `python -m tests.mp3.page`, behind `make bench NAME=mp3`."""

import json
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent.parent
_PAGE = _ROOT / "docs" / "mp3.md"
_BENCH = _ROOT / "build" / "bench.json"
_BEGIN, _END = "<!-- figures -->\n", "<!-- end -->"


def tables(figures: dict[str, Any]) -> str:
    """The tables in Markdown."""
    return "\n".join(["### Cost and size", "", *_cost(figures), "", "### Error", "", *_errors(figures["streams"]), ""])


def _cost(figures: dict[str, Any]) -> list[str]:
    names = list(figures["esp32_instr_per_sample_est"])
    lines = ["| per output sample | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    rows = {
        "ESP32 instructions, estimate": figures["esp32_instr_per_sample_est"],
        "of these in kernels, counted": figures["esp32_instr_per_sample_kernels"],
        "bytecodes a granule": figures["esp32_bytecodes_per_granule"],
        "x86-64 instructions (callgrind)": figures["x86_instr_per_sample"],
        "FFmpeg, scalar C, the same": figures["x86_instr_per_sample_c"],
        "ratio": figures["x86_ratio"],
    }
    lines += [f"| {title} | " + " | ".join(str(row[name]) for name in names) + " |" for title, row in rows.items()]
    return [
        *lines,
        "",
        f"State {figures['state_bytes']:,} bytes in mono, {figures['state_bytes_stereo']:,} in stereo; machine code {figures['native_bytes']:,}; "
        f"tables {figures['table_bytes']:,}.",
        f"Bad input: {figures['fuzz_inputs']:,} damaged frames, {figures['fuzz_failures']} failures; the dearest call {figures['fuzz_call_instr_max']:,} "
        "instructions of kernels.",
    ]


def _errors(streams: list[dict[str, Any]]) -> list[str]:
    lines = ["| stream | rms | max | full accuracy |", "|---|---|---|---|"]
    for stream in streams:
        rms, most = (f"{stream[name]:.2e}" if stream[name] is not None else "-" for name in ("rms", "max"))
        lines.append(f"| {stream['name']} | {rms} | {most} | {'yes' if stream['full_accuracy'] else 'no'} |")
    return lines


def main() -> None:
    figures = json.loads(_BENCH.read_text())["mp3"]
    before, _, rest = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    _PAGE.write_text(before + _BEGIN + tables(figures) + _END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
