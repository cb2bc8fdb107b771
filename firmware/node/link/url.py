"""Takes http and https URLs apart and resolves references in redirects (RFC 3986). IPv6 literals and user names are refused: a node uses neither."""

from node.refusal import MALFORMED, Refused

_URL_MAX = 512


class Url:
    """`secure` (https), `host`, `port`, `target` (path with query, as it goes into the request line). Raises Refused(MALFORMED)."""

    def __init__(self, text):
        if len(text) > _URL_MAX or not all(" " < letter < "\x7f" for letter in text):
            raise Refused(MALFORMED, f"a URL needs at most {_URL_MAX} printable ASCII letters")
        scheme, mark, rest = text.partition("://")
        scheme = scheme.lower()
        if not mark or scheme not in ("http", "https"):
            raise Refused(MALFORMED, "not an http or https URL: " + text)
        rest = rest.partition("#")[0]
        stop = min(_index(rest, "/"), _index(rest, "?"))
        authority, target = rest[:stop], rest[stop:]
        self.secure = scheme == "https"
        self.host, colon, port = authority.partition(":")
        self.port = _port(port, text) if colon else (443 if self.secure else 80)
        self.target = target if target.startswith("/") else "/" + target
        if not self.host or "@" in authority or "[" in authority:
            raise Refused(MALFORMED, "a URL needs a host name or IPv4 address: " + text)

    @property
    def authority(self):
        """Value of the `Host` field (RFC 9110, 7.2)."""
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"

    @property
    def origin(self):
        return "{}://{}".format("https" if self.secure else "http", self.authority)


def join(base, reference):
    """The URL text that `reference`, the value of a Location field, means seen from the Url `base` (RFC 3986, 5.2).

    Dot segments go to the server as they stand.
    """
    if "://" in reference.partition("?")[0]:
        return reference
    if reference.startswith("//"):
        return ("https:" if base.secure else "http:") + reference
    if reference.startswith("/"):
        return base.origin + reference
    path = base.target.partition("?")[0]
    if reference.startswith("?"):
        return base.origin + path + reference
    return base.origin + path[: path.rfind("/") + 1] + reference


def _index(text, mark):
    at = text.find(mark)
    return len(text) if at < 0 else at


def _port(text, url):
    if not 0 < len(text) <= 5 or not all("0" <= letter <= "9" for letter in text) or not 0 < int(text) < 65536:
        raise Refused(MALFORMED, "no such port: " + url)
    return int(text)
