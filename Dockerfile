# Images from one file: `training` for scheduled jobs, `distributed` for those of several hosts (docs/distributed.md), and
# `service` for answering. Neither side holds what only the other needs, all run as an ordinary user, and all work with a
# read-only root.
#
#   docker build --target service  -t threefold-service .
#   docker build --target training -t threefold-training .
#
# TORCH_INDEX_URL names the package index for PyTorch, for instance PyTorch's own index of CPU builds: on x86-64 the
# default index brings the CUDA build, gigabytes that a CPU image never uses. EXTRAS=object-store adds what checkpoints in
# S3 need (docs/storage.md).

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/threefold
ENV PATH=/opt/threefold/bin:$PATH
ARG TORCH_INDEX_URL=""
# hadolint ignore=DL3013 # torch is pinned; the index before it hides that from the linter
RUN pip install ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch==2.13.0

# The dependencies of each image are a layer of their own, so that a change of our code does not install them again.
FROM build AS build-service
ARG EXTRAS=""
COPY pyproject.toml README.md LICENSE /src/
RUN mkdir /src/models /src/training /src/service && touch /src/models/__init__.py \
    && pip install "/src[serve${EXTRAS:+,$EXTRAS}]" && pip uninstall --yes threefold
COPY models /src/models
COPY service /src/service
RUN pip install --no-deps /src

FROM build AS build-training
ARG EXTRAS=""
COPY pyproject.toml README.md LICENSE /src/
RUN mkdir /src/models /src/training /src/service && touch /src/models/__init__.py \
    && pip install "/src[train${EXTRAS:+,$EXTRAS}]" && pip uninstall --yes threefold
COPY models /src/models
COPY training /src/training
RUN pip install --no-deps /src

# TorchRec asks for FBGEMM's CUDA package, whatever the host has: so both are named, and nothing of what they ask for.
FROM build-training AS build-distributed
ARG FBGEMM=fbgemm-gpu-cpu
RUN pip install "/src[distributed]" && pip install --no-deps torchrec==1.8.0 "${FBGEMM}==1.8.0"

FROM python:3.11-slim AS runtime
RUN groupadd --gid 10001 threefold && useradd --uid 10001 --gid threefold --no-create-home --shell /usr/sbin/nologin threefold \
    && install --directory --owner=threefold --group=threefold /data /data/logs /data/versions
ENV PATH=/opt/threefold/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    THREEFOLD_VERSIONS=/tmp/threefold/versions
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

FROM runtime AS service
COPY --from=build-service /opt/threefold /opt/threefold
ENV THREEFOLD_CHECKPOINT=/data/versions THREEFOLD_HOST=0.0.0.0 THREEFOLD_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['THREEFOLD_PORT'] + '/readyz', timeout=2)"]
ENTRYPOINT ["threefold"]
CMD ["serve"]
