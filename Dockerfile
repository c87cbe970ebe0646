# Images from one file. Neither side holds what only the other needs, all run as an ordinary user, and all work with a
# read-only root (docs/deployment.md).
#
#   docker build --target service     -t threefold-service .        answers requests
#   docker build --target training    -t threefold-training .       simulate, train, retrain, schedule
#   docker build --target distributed -t threefold-distributed .    a training on several hosts (docs/distributed.md)
#   docker build --target traffic     -t threefold-traffic .        sends the rows of a log to a service
#
# BASE may name a digest. TORCH_INDEX_URL is where PyTorch comes from: unless set, its own index of CPU builds; on x86-64
# PyPI has the CUDA build, gigabytes that these images never use. EXTRAS adds extras of pyproject.toml, for instance
# EXTRAS=object-store. Everything else is pinned in deploy/constraints; an extra that is not is refused.

ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY deploy/constraints /constraints
# pip stays outside of what is copied: an image that serves has no use for it.
RUN pip install --requirement /constraints/build.txt && python -m venv --without-pip /opt/threefold
COPY deploy/prune.sh /usr/local/bin/prune
COPY deploy/pinned.py /usr/local/lib/pinned.py

FROM build AS build-torch
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
# hadolint ignore=DL3013 # torch is pinned; the index before it hides that from the linter
RUN pip --python /opt/threefold/bin/python install --no-deps ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch==2.13.0
# A package without code: it names the dependencies of each image, which are a layer of their own, so that a change of our
# code does not install them again.
COPY pyproject.toml /src/
RUN mkdir /src/models /src/training /src/service && touch /src/models/__init__.py /src/README.md /src/LICENSE \
    && pip wheel --no-deps --no-build-isolation --wheel-dir /wheels /src

FROM build-torch AS build-service
ARG EXTRAS=""
RUN pip --python /opt/threefold/bin/python install --constraint /constraints/service.txt \
      "$(ls /wheels/*.whl)[serve${EXTRAS:+,$EXTRAS}]"
COPY README.md LICENSE /src/
COPY models /src/models
COPY service /src/service
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels /src \
    && pip --python /opt/threefold/bin/python install --no-deps --force-reinstall /wheels/*.whl \
    && pip --python /opt/threefold/bin/python check \
    && /opt/threefold/bin/python /usr/local/lib/pinned.py /constraints/service.txt && prune /opt/threefold

FROM build-torch AS build-training
ARG EXTRAS=""
RUN pip --python /opt/threefold/bin/python install --constraint /constraints/training.txt \
      "$(ls /wheels/*.whl)[train,schedule${EXTRAS:+,$EXTRAS}]"
COPY README.md LICENSE /src/
COPY models /src/models
COPY training /src/training
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels /src \
    && pip --python /opt/threefold/bin/python install --no-deps --force-reinstall /wheels/*.whl \
    && pip --python /opt/threefold/bin/python check \
    && /opt/threefold/bin/python /usr/local/lib/pinned.py /constraints/training.txt && prune /opt/threefold

# TorchRec asks for FBGEMM's CUDA package, whatever the host has: so both are named, and nothing of what they ask for.
# Not pruned again: pyre-extensions, which TorchRec imports, imports its own tests.
FROM build-training AS build-distributed
ARG FBGEMM=fbgemm-gpu-cpu
RUN pip --python /opt/threefold/bin/python install --constraint /constraints/training.txt "$(ls /wheels/*.whl)[distributed]" \
    && /opt/threefold/bin/python /usr/local/lib/pinned.py /constraints/training.txt \
    && pip --python /opt/threefold/bin/python install --no-deps torchrec==1.8.0 "${FBGEMM}==1.8.0"

FROM build AS build-traffic
RUN pip --python /opt/threefold/bin/python install --requirement /constraints/traffic.txt && prune /opt/threefold
COPY service/__init__.py /opt/threefold/code/service/
COPY service/client /opt/threefold/code/service/client

FROM ${BASE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="threefold" \
      org.opencontainers.image.description="Multi-task recommender: impression logs in, one endpoint for all its heads" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 threefold && useradd --uid 10001 --gid threefold --no-create-home --shell /usr/sbin/nologin threefold \
    && install --directory --owner=threefold --group=threefold /data /data/logs /data/registry /data/retraining /data/versions
ENV PATH=/opt/threefold/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    THREEFOLD_VERSIONS=/tmp/threefold/versions
COPY deploy/healthy.py /opt/healthy.py
WORKDIR /data
USER 10001:10001

FROM runtime AS training
ENV MPLCONFIGDIR=/tmp/matplotlib
COPY --from=build-training /opt/threefold /opt/threefold
COPY examples /opt/threefold/examples
ENTRYPOINT ["threefold"]
CMD ["--help"]

FROM runtime AS distributed
ENV MPLCONFIGDIR=/tmp/matplotlib
COPY --from=build-distributed /opt/threefold /opt/threefold
COPY examples /opt/threefold/examples
ENTRYPOINT ["torchrun"]

FROM runtime AS traffic
ENV PYTHONPATH=/opt/threefold/code
COPY --from=build-traffic /opt/threefold /opt/threefold
COPY examples/traffic /opt/threefold/code/traffic
ENTRYPOINT ["python", "-m", "traffic"]

FROM runtime AS service
COPY --from=build-service /opt/threefold /opt/threefold
ENV THREEFOLD_HOST=0.0.0.0 THREEFOLD_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["sh", "-c", "exec python -IS /opt/healthy.py \"$THREEFOLD_PORT\" /readyz"]
ENTRYPOINT ["threefold"]
CMD ["serve"]
