"""A station: the host-side service of an area. `Station` is what an officer does, `Service` is what runs day and night."""
