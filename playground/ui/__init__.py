"""The screen, built with Gradio, and the endpoints for programs."""
