"""What the rows of a window look like: the reference of a version, and the profile of new rows beside it."""
