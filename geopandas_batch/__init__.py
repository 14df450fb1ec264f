"""Coordinates for the addresses of a DataFrame."""

__version__ = "0.1.0"
