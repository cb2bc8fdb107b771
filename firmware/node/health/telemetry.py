"""Builds the report `telemetry`: figures that show a fault coming, sent now and then without being kept."""


def build(uptime_s, heap, buffer_ms, underruns, starvations, lost, rssi=None, idf_heap=None, measured=None, faults=()):
    """The members of `report_fields.TELEMETRY`; what is None is left out.

    `heap`: bytes free in the Python heap; `buffer_ms`: audio queued; `lost`: events that the journal did not take; `rssi`: dBm;
    `idf_heap`: `esp32.idf_heap_info(esp32.HEAP_DATA)`, a list of (size, free, largest free block, lowest free) by region;
    `measured`: `temperature` in degrees Celsius, `supply` in mV, `current` in mA, as far as the board has sensors; `faults`: codes of chips that fail.
    """
    report = {"uptime": uptime_s, "heap": heap, "buffer": buffer_ms, "underruns": underruns, "starvations": starvations, "lost": lost}
    if rssi is not None:
        report["rssi"] = min(0, max(-127, rssi))
    if idf_heap:
        report["idf_block"] = max(region[2] for region in idf_heap)
        report["idf_low"] = sum(region[3] for region in idf_heap)
    if measured:
        report.update(measured)
    if faults:
        report["faults"] = faults
    return report
