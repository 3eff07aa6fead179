"""Engines: what runs a model. A port with a making for each way to run one; `contracts/test_engines.py` holds them."""
