"""The embedded demo: Google's `generateContent` contract, answered with drawn pictures and without a key."""
