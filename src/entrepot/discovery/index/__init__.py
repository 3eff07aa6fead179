"""The product index: a port, a plain exact implementation that is the oracle, and a fast one."""
