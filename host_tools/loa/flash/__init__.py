"""From a bare chip to one with a runtime and our partitions: ports, the chip's loader, runtime images, what goes where."""
