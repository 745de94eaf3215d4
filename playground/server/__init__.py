"""The ASGI host around the screen."""
