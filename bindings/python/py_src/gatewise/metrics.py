"""Metrics, by Keras's names and arguments."""
