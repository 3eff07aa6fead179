"""Deliver: prices of the way, and parcels told of by scans."""
