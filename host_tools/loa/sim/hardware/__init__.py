"""Models of what is soldered on the board, in plain Python that CPython and MicroPython both run."""
