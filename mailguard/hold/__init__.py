"""Mail that waits for a person: decisions and notices."""
