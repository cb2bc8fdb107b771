"""How many files a process may have open, which connections of nodes and listeners count among. Many hosts begin with 1,024."""

try:
    import resource
except ImportError:  # Windows, which has no such limit

    def allow(wanted: int) -> int:
        """Let this process, and those that it starts from now on, have `wanted` files open, or as many as the host allows; returns which it is."""
        return wanted

else:

    def allow(wanted: int) -> int:
        """Let this process, and those that it starts from now on, have `wanted` files open, or as many as the host allows; returns which it is."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
