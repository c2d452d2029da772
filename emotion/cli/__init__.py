"""The command line: `python -m emotion photo.jpg`."""
