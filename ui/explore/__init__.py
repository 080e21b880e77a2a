"""The Explore page: a set of digits from eight sides."""
