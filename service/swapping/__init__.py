"""Another version while the service runs: found, loaded beside the one that serves, and put in its place.

- `serving`: all that depends on the version served; a request takes it once
- `making`: makes it of a version
- `background`: the thread in which that happens
- `channel`: which version a registry wants served
- `attempts`: when what failed is tried again
- `first`: the version that a service begins with
- `follower`: sees to it that what is wanted is served
- `company`: the processes that follow the same channel
- `admin`, `keys`: `POST /admin/reload`, and who may ask for it
- `metrics`: what is told of all this
"""
