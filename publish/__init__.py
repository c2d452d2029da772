"""Publishing to the Hugging Face Hub: models (used by train/) and the Space."""
