"""How the node reaches the network and knows the time: uplinks, names, connections, HTTP, clock. Judges no content: transport is not trust."""
