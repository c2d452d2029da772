"""What a push to the Hub needs, whether of a model (train/) or of the Space (ui/deploy.py)."""
