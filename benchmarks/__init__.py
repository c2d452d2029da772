"""Speed, accuracy and load, next to other packages. Prints tables; never asserts a time."""
