"""Figures of the firmware that are counted, not timed: bytes of heap, bytecodes between two yields. `make bench NAME=heap`."""
