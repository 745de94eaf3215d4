"""What a person does in a browser, on the demo: no key, no network."""
