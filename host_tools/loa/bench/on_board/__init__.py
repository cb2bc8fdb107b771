"""Programs for a board's prompt: MicroPython, sent as text and never imported here."""
