"""Millions of images on one machine or many, by Ray Data: `python -m emotion.bulk --help`.

The sources are cut into numbered parts once, and the list of them, the plan, is written first. Ray
hands the parts out; each is scored by one worker and written at once, under its own name. So a part
that is tried twice replaces itself, a run that is started again skips what lies there, and every
image is in the output exactly once, whatever was killed meanwhile.
"""
