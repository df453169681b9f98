"""Sightings, envelope, entitlement and policy to a verdict for each recipient. Pure."""
