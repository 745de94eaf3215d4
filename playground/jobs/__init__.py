"""Jobs: a press of Generate on its way to pictures on disk."""
