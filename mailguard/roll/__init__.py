"""Who the pupils are: parsing, entitlement and address keys, all pure."""
