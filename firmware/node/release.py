"""Which release this is. In a checkout it is none; what goes onto a node has this module made anew (`loa.provision.contents`)."""

VERSION = "development"
BUILT = 0  # Unix seconds
