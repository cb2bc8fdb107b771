"""Writes tracebacks of a node's log out: `python -m loa.provision.traceback < log`, and with `--lean` of a node without PSRAM. A short
name may stand for several functions; all are told, and which of them calls which says the rest. Of an application of the same version as this one only."""

import re
import sys
from collections.abc import Iterable, Mapping

_FRAME = re.compile(r'(File "[\w.]+", line \d+, in )(\w+)')


def written_out(text: str, functions: Mapping[str, Iterable[str]]) -> str:
    """`text` with all that a short name may mean behind it; `functions`: as `link.Linked` has them."""
    return _FRAME.sub(lambda frame: frame[0] + _meanings(functions.get(frame[2], ())), text)


def _meanings(names: Iterable[str]) -> str:
    told = ", ".join(sorted(names))
    return f" ({told})" if told else ""


def main() -> None:
    """Copy standard input to standard output."""
    from loa.provision.slot import linked

    functions = linked(lean="--lean" in sys.argv[1:]).functions
    for line in sys.stdin:
        sys.stdout.write(written_out(line, functions))


if __name__ == "__main__":
    main()
