"""The numbers and orders of rank that hold for every signed document (DESIGN, "The wire"). Its fields are in `documents`."""

DOCUMENT_BYTES_MAX = 8192
REVISION_AHEAD_MAX_S = 86400
CLASSES = ("normal", "priority", "urgent")  # rank is the index: Circular 39/2020/TT-BTTTT
SHA256_TEXT = 43  # letters of a SHA-256 in base64url without padding


def document_id(kind, audience, revision):
    """The name by which an `ack` speaks of a document: `plan:son-la/moc-chau:1790000000`."""
    return "{}:{}:{}".format(kind, audience, revision)
