"""Arrow IPC streams in and out, read and written with numpy alone: https://arrow.apache.org/docs/format/Columnar.html.

A library of Arrow would trust a stream that comes from anywhere with native code, and allocate what its sizes say.
"""
