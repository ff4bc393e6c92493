"""Output heads: from a feature to a score for each class."""
