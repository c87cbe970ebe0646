"""The model as the protocol sees it: its name and version, its tensors, and its answers to requests for inference."""

from time import monotonic

from service.content_coding import chosen_coding, compressed
from service.engine import Engine, Outcome
from service.inference_protocol.answer import infer_answer
from service.inference_protocol.binary import HEADER_LENGTH
from service.inference_protocol.configuration import model_configuration
from service.inference_protocol.metadata import model_metadata
from service.inference_protocol.request import InferReader, InferRequest
from service.names import shown
from service.refusal import UNKNOWN_MODEL, Refusal
from service.reply import Reply
from service.settings import Settings

JSON, BINARY = "application/json", "application/octet-stream"


class ServedModel:
    """What is asked of the model by name.

    Args:
        engine: predicts.
        settings: of the service.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        manifest = engine.manifest
        self.engine = engine
        self.metadata = model_metadata(manifest)
        self.configuration = model_configuration(self.metadata)
        self._reader = InferReader(manifest.model, settings.max_rows)

    def check_name(self, name: str, version: str | None) -> None:
        """Refuse to speak of another model.

        Raises:
            Refusal: name or version are not those of the model served.
        """
        manifest = self.engine.manifest
        if name != manifest.name or version not in {None, manifest.version}:
            asked = shown(name) if version is None else f"{shown(name)}, version {shown(version)}"
            raise Refusal(
                UNKNOWN_MODEL,
                f"one model is served, {manifest.name}, version {manifest.version}; found {asked}: ask for that one, "
                f"or for no version",
            )

    def read(self, body: bytes, header_length: str | None) -> InferRequest:
        """The request of a body.

        Args:
            body: decompressed.
            header_length: see `binary.parted`.

        Raises:
            Refusal: for all that can be wrong with it.
        """
        return self._reader.read(body, header_length)

    def deadline(self, request: InferRequest, given: float | None) -> float | None:
        """When the answer is of no use any more, by `time.monotonic`: the earlier one of two ways to say it.

        Args:
            request: may hold the parameter `timeout`.
            given: by a header.
        """
        if request.header.timeout_s is None:
            return given
        timeout = monotonic() + request.header.timeout_s
        return timeout if given is None else min(given, timeout)

    def reply(self, request: InferRequest, outcome: Outcome, accepted: str) -> Reply:
        """The answer.

        Args:
            request: what was asked.
            outcome: what was predicted.
            accepted: the request's Accept-Encoding.
        """
        content, json_length = infer_answer(self.engine.manifest, request.header, outcome)
        content, coding = compressed(content, chosen_coding(accepted))
        headers = {} if json_length is None else {HEADER_LENGTH: str(json_length)}
        if coding is not None:
            headers["Content-Encoding"] = coding
        return Reply(content, media_type=JSON if json_length is None else BINARY, headers=headers)
