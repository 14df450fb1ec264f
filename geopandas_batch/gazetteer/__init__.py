"""The offline geocoder."""
