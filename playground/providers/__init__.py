"""Calls to providers: address, key, retries and the bytes on the wire."""
