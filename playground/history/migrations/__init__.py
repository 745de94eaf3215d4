"""How the index came to look as it does: one file for each change that was ever released."""
