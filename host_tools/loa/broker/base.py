"""What the demo, tests and `loa broker` ask of a broker that runs on this machine. Engines differ only behind this."""

from typing import Protocol


class Broker(Protocol):
    """A local MQTT 3.1.1 broker over TLS. Methods block and return when the thing is done."""

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
        """`mqtts://host:port`."""
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

    def wipe(self) -> None:
        """Delete all it has retained, while it does not run."""
        ...
