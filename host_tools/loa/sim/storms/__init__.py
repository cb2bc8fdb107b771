"""Storms: what breaks around simulated nodes, when, and for how long. A storm has a name and a seed, and comes again exactly with the same seed."""

from loa.sim.storms.fault import KINDS, Fault
from loa.sim.storms.schedule import NAMES, schedule
from loa.sim.storms.weather import Subject, Weather

__all__ = ["KINDS", "NAMES", "Fault", "Subject", "Weather", "schedule"]
