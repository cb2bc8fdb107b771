"""What a board has, by its `board.json`: the way to the loudspeaker, a battery clock, sensors.

What does not answer is remembered as a fault, and the node goes on. Loads the drivers of this board's chips and no others.
"""

from micropython import const

from node.drivers import chip_temperature
from node.drivers.amplifier import Switch, Unswitched

_REST = const(60)  # calls for which a chip is left alone behind a failure of the bus: one that hangs holds everything for 100 ms and more


class Fitted:
    """`wiring`: the content of `board.json`; `machine` and `esp32`: the modules."""

    def __init__(self, wiring, machine, esp32):
        self._machine = machine
        self._esp32 = esp32
        self._clock_source = wiring["master_clock"]
        self._faults = {}  # code by setting of `board.json`
        self._rests = {}  # calls still to be left out, likewise
        self._amplifier = self._switch(wiring.get("amplifier"))  # before anything that takes time
        bus = wiring.get("i2c")
        i2c = bus and machine.I2C(bus["unit"], sda=machine.Pin(bus["sda"]), scl=machine.Pin(bus["scl"]), freq=bus["hertz"])
        self.output = self._output(wiring.get("codec"), i2c)  # with `async on(rate)`, `off()` and `look()`
        self._battery_clock = _driver(wiring.get("battery_clock"), "chip", i2c)
        self._supply_sensor = _driver(wiring.get("supply_sensor"), "chip", i2c)

    def route_master_clock(self, unit):
        """Bring out the master clock of I2S `unit`, which runs, where the codec needs it."""
        source = self._clock_source["source"]
        if source == "bit-clock":
            return
        from node.drivers import master_clock

        if source == "clk-out1":
            master_clock.to_clk_out1(self._machine.mem32, unit)
        else:
            pin = self._clock_source["pin"]
            self._machine.Pin(pin, self._machine.Pin.OUT)
            master_clock.to_any_pin(self._machine.mem32, unit, pin)

    def time(self):
        """Unix seconds by the battery clock, None where there is none that knows."""
        return self._battery_clock and self._attempt("battery_clock", self._battery_clock.read)

    def keep_time(self, unix):
        """Set the battery clock, if there is one."""
        if self._battery_clock:
            self._attempt("battery_clock", self._battery_clock.write, unix)

    def measure(self):
        """What its sensors say: `temperature` in degrees Celsius, `supply` in mV, `current` in mA; what is not there is left out."""
        measured = {}
        celsius = chip_temperature.celsius(self._esp32)
        if celsius is not None:
            measured["temperature"] = celsius
        if self._supply_sensor:
            measured.update(self._attempt("supply_sensor", self._supply_sensor.read) or {})
        return measured

    def faults(self):
        """Codes of what does not work: chips as they answered last, and what shuts the amplifier down now."""
        fault = self.output.look()
        return sorted(self._faults.values()) + ([fault] if fault else [])

    def _attempt(self, name, call, *arguments):
        rest = self._rests.get(name, 0)
        if rest:
            self._rests[name] = rest - 1
            return None
        try:
            result = call(*arguments)
        except OSError as fault:
            self._faults[name] = code = getattr(fault, "code", "i2c-bus")
            if code.endswith("-bus"):
                self._rests[name] = _REST
            return None
        self._faults.pop(name, None)
        return result

    def _switch(self, amplifier):
        if amplifier is None:
            return Unswitched()
        pin = self._machine.Pin
        return Switch(pin(amplifier["pin"], pin.OUT, value=1 - amplifier["on"]), amplifier["on"], amplifier["settle_ms"])

    def _output(self, codec, i2c):
        if codec is None:
            return self._amplifier
        from node.drivers.output import Output

        pin = self._machine.Pin
        if "enable" in codec:
            codec["enable"] = pin(codec["enable"], pin.OUT, value=0)
        return Output(_driver(codec, "driver", i2c), self._amplifier, codec["level"])


def _driver(settings, key, i2c):
    """The driver that `settings` name under `key`; None for None."""
    if settings is None:
        return None
    return __import__("node.drivers." + settings[key], None, None, ("Driver",)).Driver(i2c, settings)
