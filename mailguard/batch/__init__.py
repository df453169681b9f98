"""Messages of one sending run: how they are recognised as such.

grouping    the key that messages of one run share (pure)
"""
