"""The user's own table of houses as an offline geocoder: an indexed file, and questions to it in batches."""
