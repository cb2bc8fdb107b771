"""Keys, certificates and passwords of a site, in one folder that only its owner may read. Who may say what is in `trust`."""

from loa.keys.keyring import Keyring, NodeSecrets
from loa.keys.signing import SigningKey

__all__ = ["Keyring", "NodeSecrets", "SigningKey"]
