"""Pay: money that always adds up, whatever the processor does."""
