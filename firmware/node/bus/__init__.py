"""How the node hears and speaks: MQTT session, topics, signed documents, trust, reports."""
