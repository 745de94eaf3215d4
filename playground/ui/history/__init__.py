"""The history on the screen."""
