FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    PLAYGROUND_DATA_DIR=/data

RUN useradd --uid 1000 --create-home playground \
    && install --directory --owner=playground /data

WORKDIR /app

# What we need changes seldom: it has a layer of its own below our code.
COPY pyproject.toml README.md ./
RUN mkdir playground && touch playground/__init__.py \
    && pip install '.[postgresql]' \
    && pip uninstall --yes image-playground \
    && rm -r playground build ./*.egg-info

COPY playground playground
RUN pip install --no-deps . && rm -r playground build ./*.egg-info
COPY app.py ./

USER playground
VOLUME /data
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}/health\", timeout=4)"]

CMD ["python", "app.py"]
