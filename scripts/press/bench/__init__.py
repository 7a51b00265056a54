"""The press's bench: how long each output of a book of full size takes."""
