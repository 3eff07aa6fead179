"""Imports: feeds read row by row into drafts, saved in batches, with a report of what could not be."""
