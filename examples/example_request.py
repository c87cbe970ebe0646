"""Reads the service's OpenAPI document and prints its example of a request with a context and candidates."""

import json
import sys

document = json.load(sys.stdin)
body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
examples = [entry["value"] for entry in body["examples"].values()]
request = next(example for example in examples if "candidates" in example)
json.dump(request, sys.stdout, indent=1)
