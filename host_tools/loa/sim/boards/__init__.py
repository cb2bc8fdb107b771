"""Bare boards on this machine: a serial port, a ROM loader, flash, and what was flashed is booted."""
