"""SMTP out."""
