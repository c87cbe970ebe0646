"""Checkpoints in an object store: fetched to a local folder before they are read, sent up after they are whole.

- `location`: what a URL says, and what it may not say
- `store`: the few things asked of an object store, through fsspec
- `opened`: its file systems, one for each store in a process
- `trouble`: what went wrong there, in words
- `fetch`: a version from a store, verified, in a local folder
- `copies`: how many fetched versions stay there
- `publish`: a version to a store, visible only when whole
"""
