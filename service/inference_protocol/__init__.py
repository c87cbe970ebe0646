"""The Open Inference Protocol, version 2, over HTTP: named features are tensors, fields of an answer are tensors.

https://github.com/kserve/open-inference-protocol, with the binary tensor data extension and the statistics of
https://github.com/triton-inference-server/server/tree/main/docs/protocol, so that clients of either work unchanged.
"""
