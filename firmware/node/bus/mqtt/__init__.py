"""An MQTT 3.1.1 client that never gives up, from bytes (`packets`, `reader`) over one connection (`connection`) to the session that outlives them all."""
