"""The JSON API, /api/v1: the same store, rules and rights as the pages, for scripts of the school. A session's cookie
signs in; what changes something also carries the session's token. Faults are problem documents (RFC 9457)."""
