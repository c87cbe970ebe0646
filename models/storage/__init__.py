"""Checkpoints in an object store: fetched to a local folder before they are read, sent up after they are whole.

- `location`: what a URL says, and what it may not say
- `store`: the few things asked of an object store, through fsspec
- `trouble`: what went wrong there, in words
- `fetch`: a version from a store, verified, in a local folder
- `publish`: a version to a store, visible only when whole
"""
