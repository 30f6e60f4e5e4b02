"""The command line: each file holds the function that Fire turns into one word of `literate`."""
