"""Native code stays in the chip's memory for ever, so it is loaded once, at boot."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.bench.heap import ROOTS, import_order

from loa.firmware import FIRMWARE
from loa.provision.sources import sources


def test_no_module_with_native_code_is_loaded_late():
    at_boot = import_order(FIRMWARE / "node", ROOTS)
    native = {module.removesuffix(".__init__") for module, text in sources().items() if "@micropython." in text}
    assert native and native <= set(at_boot)
