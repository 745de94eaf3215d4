# python:3.12-slim for all architectures, as it was on 28 September 2026. It was not pulled here, where no registry
# could be reached: two public Dockerfiles that know nothing of each other pin the same one,
# github.com/vipul21435/rubricops and github.com/superintelligenceco/voicebench. A newer one is told by
# `docker buildx imagetools inspect python:3.12-slim`, and taken by --build-arg BASE=python:3.12-slim@sha256:...
ARG BASE=python:3.12-slim@sha256:f77ac9e44ae96ef2c90b8053ea08c31f8be030f824196b0ae4db6d462c84e51f
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HF_HUB_OFFLINE=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    PLAYGROUND_DATA_DIR=/data

RUN useradd --uid 1000 --create-home playground \
    && install --directory --owner=playground /data

WORKDIR /app

# What we need changes seldom: it has a layer of its own below our code. Nothing is built, nothing is resolved.
COPY .ci/requirements.lock ./
RUN pip install --require-hashes --no-deps --only-binary :all: -r requirements.lock

COPY app.py ./
COPY playground playground
RUN python -m compileall -q app.py playground

# By number, so that a cluster can see that it is not root. Nothing outside /data and /tmp is written.
USER 1000:1000
VOLUME /data
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}/health\", timeout=4)"]

CMD ["python", "app.py"]
