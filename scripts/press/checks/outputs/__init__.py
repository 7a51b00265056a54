"""The rules of what was built: an output's path in, findings out.

`site`, `epub`, `pdf` and `code` read the files alone; `browser` and `reader`
look at them in Chromium; `validators` asks the programs that others keep.
"""
