"""The tests mirror the source, a folder a room; contracts, journeys, simulation and docs stand beside."""
