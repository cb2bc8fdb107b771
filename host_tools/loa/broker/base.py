"""What the demo, tests and `loa broker` ask of a broker. Engines differ only behind this."""

from pathlib import Path
from typing import Protocol

DEFAULT_PORTS = {"mqtts": 8883, "mqtt": 1883}


class Broker(Protocol):
    """An MQTT 3.1.1 broker. Methods block and return when the thing is done."""

    @property
    def log_file(self) -> Path | None:
        """What it wrote; None if that is elsewhere."""
        ...

    @property
    def host(self) -> str:
        """Name by which clients reach it; stands in its certificate."""
        ...

    @property
    def port(self) -> int:
        """MQTT port; stays the same over restarts. Raises `LoaError` before the first start."""
        ...

    @property
    def url(self) -> str:
        """`mqtts://host:port`, or `mqtt://host:port` for one without TLS."""
        ...

    @property
    def running(self) -> bool:
        """True while it lives; False before `start`, after `stop` and `kill`, and when it ended by itself."""
        ...

    def start(self) -> None:
        """Start and return once a client was let in. Raises `LoaError` if that does not happen in time."""
        ...

    def stop(self) -> None:
        """End it in good order; does nothing if it does not run."""
        ...

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        ...

    def pause(self) -> None:
        """Let it stand still with all its connections open, until `resume`."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...

    def wipe(self) -> None:
        """Delete all it has retained, while it does not run."""
        ...
