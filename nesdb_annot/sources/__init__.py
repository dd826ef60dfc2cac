"""Downloads: what comes over the network, each opened only when its user asks for it."""
