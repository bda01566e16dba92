"""The process that looks at every personnel action: the only place that imports faust."""
