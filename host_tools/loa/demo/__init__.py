"""The demonstration: a commune for a minute and a half, and what was heard of it."""
