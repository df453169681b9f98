"""A made-up trust of two schools on loopback."""
