# For a host of your own; the Space needs no Dockerfile.
#
#   docker build -t facial-expressions .
#   docker run --rm -p 7860:7860 --read-only --tmpfs /tmp facial-expressions
#
# An exact tag rather than a digest: a new build gets Debian's security fixes.
FROM python:3.12.13-slim-trixie

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HOME=/app/.huggingface \
    GRADIO_ANALYTICS_ENABLED=False \
    ORT_DISABLE_TELEMETRY=1 \
    MALLOC_ARENA_MAX=2 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860

WORKDIR /app

# First what changes rarely, so that a change of code builds in seconds.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY app.py LICENSE ./
COPY emotion emotion
COPY ui ui
COPY examples examples

# YuNet, the better face detector, checked by its SHA-256: nothing is fetched once it runs.
RUN python -m emotion download

# Who runs it may write nowhere but /tmp, where uploads lie until they are deleted.
USER 10001:10001
ENV HOME=/tmp GRADIO_TEMP_DIR=/tmp/gradio

EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]

CMD ["python", "app.py"]
