"""Editing thousands of listings at once: what is selected, what is done to it, a preview, a run that can be undone."""
