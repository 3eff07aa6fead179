"""The cloud: what is used is counted, once."""
