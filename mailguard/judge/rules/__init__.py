"""The rules: one file a rule, one literal table."""
