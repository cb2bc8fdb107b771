"""How the node knows that it is well, and what it tells of itself: watchdog, state, telemetry, proof of play."""
