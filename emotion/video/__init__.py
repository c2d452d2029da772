"""Videos: frames read, people followed, faces marked, films written."""
