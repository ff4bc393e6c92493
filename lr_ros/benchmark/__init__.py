"""Data sets, protocols, strategies to compare, metrics, report and plots."""
