"""The systems that are measured, each in a process of its own; none but `ours` needs more than its library."""
