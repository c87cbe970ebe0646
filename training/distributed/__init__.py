"""One training on several processes: the table cut into shards, everything else a copy in each.

`torchrun` starts the processes; without it nothing of `torch.distributed` or TorchRec is used (docs/distributed.md).
"""
