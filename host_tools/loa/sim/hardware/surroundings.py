"""What the world around a board is like, as its supervisor says it: access point, network path, and what somebody does to it on the way.

Plain values only, since they travel as JSON. The board is told all of them whenever one changes.
"""

from loa.sim.hardware import crystal, path

UP = "up"  # the access point is there and lets us in
GONE = "out of range"
WRONG_PASSWORD = "wrong password"
FULL = "full"
LINKS = (UP, GONE, WRONG_PASSWORD, FULL)


def calm():
    """Where nothing is wrong.

    link       one of `LINKS`
    path       figures of a network profile, see `path`
    crystal    figures of the board's crystal, see `crystal`
    seed       of everything drawn by lot
    began_ns   Unix ns since when stalls of the path are counted
    stalled_ns Unix ns until which nothing passes; 0: it does
    dns        False: no name server answers
    detours    by port as text, or "*" for every one: the local port that connections end at instead
    doors      by port as text on which the board listens: the host's port at which it is found; others are the host's own
    time_lie   port of a time server as text: seconds that its answers are wrong by
    erase_ms   shortest and longest erase of a flash block, instead of what is drawn for each; None
    lose       callbacks of interrupts that are lost from now on, a number
    volts      by pin as text what an ADC sees, in microvolt
    """
    return {
        "link": UP,
        "path": path.BARE,
        "crystal": crystal.PERFECT,
        "seed": "",
        "began_ns": 0,
        "stalled_ns": 0,
        "dns": True,
        "detours": {},
        "doors": {},
        "time_lie": {},
        "erase_ms": None,
        "lose": 0,
        "volts": {},
    }
