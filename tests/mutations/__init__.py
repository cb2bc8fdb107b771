"""Seeded mistakes in the firmware, one for each kind of fact that it must respect, and the proof that the tests notice every one of them."""
