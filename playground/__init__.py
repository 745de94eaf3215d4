"""A browser playground for the Gemini image API, with an embedded demo."""
