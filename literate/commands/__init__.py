"""The command line: a file for each word of `literate`, with the function that Fire turns into it."""
