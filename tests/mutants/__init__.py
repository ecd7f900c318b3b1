"""Deliberate mistakes in the parts that must never be wrong, each of which the suite must notice.

`make mutants` plants them one at a time in a copy of the source tree and runs the tests nearest to
each. A mistake that no test notices is a missing test.
"""
