"""What `make bench` measures: the kernel, the pipeline beside its peers, and whether cost stays flat with history.

Invariant: nothing here asserts a time. A number is printed with the machine, the date and the command it is of.
"""
