"""Versions, and which of them serves: a folder or an object store that remembers who changed what, when and why.

- `registry`: what one asks of it
- `event`: one change and the whole state after it
- `changes`: what each kind of change makes of a state
- `history`: the numbered files that hold the events, of which two writers never make the same one
- `copies`: `channels/NAME.json`, for people
- `place`: the few things asked of a folder or a store; `local` and `remote` do them
- `pruning`: which versions may go
- `names`, `who`: what a version and a channel may be called, and who asks
- `commands`: `threefold models`
"""

from models.registry.changes import ANY, AnyVersion
from models.registry.event import Action, ChannelState, Event, State
from models.registry.registry import Registry

__all__ = ["ANY", "Action", "AnyVersion", "ChannelState", "Event", "Registry", "State"]
