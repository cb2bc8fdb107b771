"""`socket` at the end of the board's network path: what is sent and received takes its time on the way, gets lost, stalls, or is led astray.

What a connection has sent or been sent stands in its `Line` until it is due; `loa.sim.hardware.path` says when. While the link is cut nothing passes and nobody
is told: connecting and sending datagrams find no route, names are not resolved, and what is under way arrives when the link is back, as TCP would repeat it.
"""

import errno
import io
import sys

import built_in
import ether
from chip import CHIP
from clockwork import now_us, sleep_to_tick

from loa.sim.hardware.path import DOWN, UP

_HOST = built_in.load("socket")
_SELECT = built_in.load("select")
AF_INET = _HOST.AF_INET
AF_INET6 = _HOST.AF_INET6
SOCK_STREAM = _HOST.SOCK_STREAM
SOCK_DGRAM = _HOST.SOCK_DGRAM
SOL_SOCKET = _HOST.SOL_SOCKET
SO_REUSEADDR = _HOST.SO_REUSEADDR
SO_BROADCAST = _HOST.SO_BROADCAST
SO_KEEPALIVE = _HOST.SO_KEEPALIVE
SO_BINDTODEVICE = 0x100B  # lwIP's; the host's own would need rights

_NO_ROUTE = 113  # EHOSTUNREACH of Linux, lwIP's 118
_NO_NAME = -202  # lwIP's EAI_FAIL
_NAME_DEAD_US = 4_000_000  # lwIP asks DNS_MAX_RETRIES = 4 times, at least a second apart
_DIGITS = "0123456789."
_POLL = 3  # MP_STREAM_POLL
_CLOSE = 4
_UNKNOWN = -22
_BUFFER = 5744  # TCP_SND_BUF and TCP_WND of ESP-IDF
_LONGEST_US = 1_000_000
_SO_SNDBUF = 7 if sys.platform == "linux" else 0x1001
_HOST_BUFFER = 16_384  # what the host holds for a peer that does not read, instead of megabytes
_DNS_PORT = 53


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    """Holds the program for as long as a name takes; an address takes no time."""
    if any(letter not in _DIGITS for letter in host):
        if not CHIP.linked:
            raise OSError(_NO_NAME)
        if not CHIP.world["dns"]:
            CHIP.charge(_NAME_DEAD_US)
            raise OSError(_NO_NAME)
        CHIP.charge(ether.path().flow().opened(now_us()) - now_us())
    return _HOST.getaddrinfo(host, port, family, type or SOCK_STREAM)


class socket(io.IOBase):
    """The host's socket behind the path. A stream object, as asyncio and tls expect."""

    def __init__(self, family=AF_INET, type=SOCK_STREAM, proto=0, *, accepted=None):
        self._socket = accepted or _HOST.socket(family, type)
        self._socket.setblocking(False)
        self._socket.setsockopt(SOL_SOCKET, _SO_SNDBUF, _HOST_BUFFER)
        self._poll = _SELECT.poll()
        self._poll.register(self._socket, 0)
        self._is_stream = type == SOCK_STREAM
        self._flow = ether.path().flow() if self._is_stream else None
        self._out = []  # (due, octets) of a connection, (due, octets, address) of datagrams
        self._in = []  # (due, octets), (due, octets, address), or (due, error); no octets: the end
        self._opened = 0 if accepted else None  # when it stands; None: nobody asked for it
        self._stands = accepted is not None
        self._listens = False
        self._timeout = None  # seconds; 0: does not block
        self._closed_calls = []
        self.fileno = self._socket.fileno
        ether.add(self)

    def bind(self, address):
        self._socket.bind(ether.door(address))

    def setblocking(self, on):
        self._timeout = None if on else 0

    def settimeout(self, seconds):
        self._timeout = seconds

    def setsockopt(self, level, option, value):
        if option != SO_BINDTODEVICE:
            self._socket.setsockopt(level, option, value)

    def listen(self, *backlog):
        self._listens = True
        self._socket.listen(*backlog)

    def connect(self, address):
        self._need_route()
        self._opened = self._flow.opened(now_us()) if self._is_stream else 0
        try:
            self._socket.connect(ether.detoured(address))
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        if self._is_stream and not self._wait(self._is_open):
            raise OSError(errno.EINPROGRESS)
        self._pass_on()
        if self._in and isinstance(self._in[0][1], OSError):
            raise self._in.pop(0)[1]

    def accept(self):
        if not self._wait(lambda: ether.passes() and self._host_events(_SELECT.POLLIN)):
            raise OSError(errno.EAGAIN)
        accepted, peer = self._socket.accept()
        return socket(accepted=accepted), peer

    def sendto(self, data, address):
        self._need_route()
        if ether.port_of(address) != _DNS_PORT or CHIP.world["dns"]:
            due = ether.path().datagram(UP, len(data), now_us())
            if due is not None:
                self._out.append((due, bytes(data), address))
                self._pass_on()
        return len(data)

    def recvfrom(self, limit):
        if not self._wait(self._has_come):
            raise OSError(errno.EAGAIN)
        _, data, sender = self._in.pop(0)
        return data[:limit], sender

    def send(self, data):
        taken = self.write(data)
        if taken is None:
            raise OSError(errno.EAGAIN)
        return taken

    sendall = send

    def recv(self, limit):
        data = self.read(limit)
        if data is None:
            raise OSError(errno.EAGAIN)
        return data

    def read(self, limit=-1):
        """What has come, at most `limit` bytes; None if nothing has. Without a limit, what a blocking socket gets until the end."""
        if limit < 0 and self._timeout is None:
            return self._read_all()
        if not self._wait(self._has_come):
            return None
        buffer = bytearray(limit if limit >= 0 else _BUFFER)
        return bytes(memoryview(buffer)[: self._take(buffer)])

    def readinto(self, buffer, limit=None):
        if not self._wait(self._has_come):
            return None
        view = memoryview(buffer)
        return self._take(view if limit is None else view[:limit])

    def readline(self, limit=-1):
        line = b""
        while limit < 0 or len(line) < limit:
            letter = self.read(1)
            if letter is None:
                return line or None
            line += letter
            if letter in (b"", b"\n"):
                break
        return line

    def write(self, data, *bounds):
        """Take as much as there is room for; None if there is none, or no link."""
        if bounds:
            start, length = bounds if len(bounds) == 2 else (0, bounds[0])
            data = memoryview(data)[start : start + length]
        has_room = self._wait(self._has_room)
        if self._in and isinstance(self._in[-1][1], OSError):
            raise self._in[-1][1]
        if not has_room:
            return None
        taken = min(len(data), _BUFFER - self._octets(self._out))
        self._out.append((self._flow.due(UP, taken, now_us()), bytes(memoryview(data)[:taken])))
        self._pass_on()
        return taken

    def close(self):
        ether.close(self)
        while self._closed_calls:
            self._closed_calls.pop()()

    def when_closed(self, call):
        """Call `call()` once, when this is closed."""
        self._closed_calls.append(call)

    def ioctl(self, request, argument):
        if request == _POLL:
            return self._events(argument) if CHIP.linked else 0
        if request == _CLOSE:
            self.close()
            return 0
        return _UNKNOWN

    # What the ether asks

    def pass_on(self, now):
        """Give the host what is due by `now`, and take in what it has. Not to be called while nothing passes."""
        if self._is_stream:
            if self._opened is not None and self._is_open():
                self._send_on(now)
                self._take_in(now)
        else:
            self._exchange_datagrams(now)

    def has_unsent(self):
        """True while something that was sent has not been given to the host."""
        return bool(self._out)

    def close_host(self):
        """Nothing will be passed on any more."""
        self._socket.close()

    # Streams

    def _send_on(self, now):
        while self._out and self._out[0][0] <= now:
            due, octets = self._out[0]
            try:
                sent = self._socket.write(octets)
            except OSError as error:
                self._out.clear()
                self._in.append((now, error))
                return
            if sent is None:
                return
            if sent < len(octets):
                self._out[0] = (due, octets[sent:])
                return
            del self._out[0]

    def _take_in(self, now):
        while self._host_events(_SELECT.POLLIN) and self._octets(self._in) < _BUFFER and not self._ended():
            try:
                octets = self._socket.recv(_BUFFER)
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    self._in.append((now, error))
                return
            if octets is None:
                return
            self._in.append((ether.arrival(self._flow.due(DOWN, len(octets), now)), octets))

    def _ended(self):
        return bool(self._in) and (isinstance(self._in[-1][1], OSError) or not self._in[-1][1])

    def _take(self, buffer):
        """Move what has come into `buffer`, over the borders of what came together; the end and an error stay for who asks later."""
        view, count, now = memoryview(buffer), 0, now_us()
        while count < len(view) and self._in and self._in[0][0] <= now:
            due, octets = self._in[0]
            if isinstance(octets, OSError):
                if count:
                    break
                raise octets
            if not octets:
                break
            step = min(len(octets), len(view) - count)
            view[count : count + step] = octets[:step]
            count += step
            if step < len(octets):
                self._in[0] = (due, octets[step:])
            else:
                del self._in[0]
        return count

    def _read_all(self):
        whole = b""
        while True:
            piece = self.read(_BUFFER)
            if not piece:
                return whole
            whole += piece

    def _is_open(self):
        """True once the connection stands or has failed, and we know."""
        if not self._stands:
            self._stands = now_us() >= self._opened and ether.passes() and bool(self._host_events(_SELECT.POLLOUT))
        return self._stands

    # Datagrams

    def _exchange_datagrams(self, now):
        while self._out and self._out[0][0] <= now:
            _, octets, address = self._out.pop(0)
            try:
                self._socket.sendto(octets, address)
            except OSError as error:
                if error.errno != errno.ECONNREFUSED:  # lwIP does not tell of a closed port
                    raise
        while self._host_events(_SELECT.POLLIN):
            try:
                octets, sender = self._socket.recvfrom(1500)
            except OSError:
                return
            due = ether.path().datagram(DOWN, len(octets), now)
            if due is not None:
                self._in.append((ether.arrival(due), ether.told_the_time(octets, sender), sender))

    # Waiting

    def _wait(self, condition):
        """True once `condition()` is; False if it is not at once and the socket does not block. OSError(ETIMEDOUT) after the time-out."""
        end = None if self._timeout is None else now_us() + int(self._timeout * 1_000_000)
        self._pass_on()
        while not condition():
            if end is not None and now_us() >= end:
                if self._timeout:
                    raise OSError(errno.ETIMEDOUT)
                return False
            sleep_to_tick(_LONGEST_US)
            self._pass_on()
        return True

    def _pass_on(self):
        if ether.passes():
            self.pass_on(now_us())

    def _has_come(self):
        return bool(ether.passes() and self._in and self._in[0][0] <= now_us())

    def _has_room(self):
        return CHIP.linked and self._opened is not None and self._is_open() and self._octets(self._out) < _BUFFER

    def _octets(self, waiting):
        return sum([len(entry[1]) for entry in waiting if not isinstance(entry[1], OSError)])

    def _events(self, wanted):
        if self._stands and not self._in and not self._out and ether.is_swift():
            return self._host_events(wanted)  # what has come is fetched when it is wanted
        self._pass_on()
        if self._listens or (self._is_stream and self._opened is None):
            return self._host_events(wanted)
        events = 0
        if wanted & _SELECT.POLLIN and self._has_come():
            events |= _SELECT.POLLIN
        if wanted & _SELECT.POLLOUT and (not self._is_stream or self._has_room()):
            events |= _SELECT.POLLOUT
        if self._has_come() and isinstance(self._in[0][1], OSError):
            events |= _SELECT.POLLERR
        return events

    def _host_events(self, wanted):
        self._poll.modify(self._socket, wanted)
        for _, events in self._poll.ipoll(0):
            return events
        return 0

    def _need_route(self):
        if not CHIP.linked:
            raise OSError(_NO_ROUTE)
