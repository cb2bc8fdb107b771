"""The `loa` command and library: site, station, broker, simulator, demo."""
