"""Discovery: finding things. Search, filters, facets, suggestions; the index they come from."""
