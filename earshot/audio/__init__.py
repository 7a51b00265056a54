"""From bytes on a wire to segments of speech, one stage per module.

Everything here is synchronous and pure but for its own state: no clock, no
task, no socket. Time is a count of samples.
"""
