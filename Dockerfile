# Tabular Twin in a container, for one server. Build: docker build -t tabular-twin .
# A lean image without the deep-learning packages: --build-arg REQUIREMENTS=requirements-base.txt
# Gigabytes smaller, without what GPUs need: --build-arg PIP_EXTRA_INDEX_URL=(PyTorch's index of CPU builds)
# With log-in: --build-arg EXTRA="streamlit[auth]". How to run it: docs/team.md.
FROM python:3.12-slim

# libgomp1: LightGBM's threads.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
ARG REQUIREMENTS=requirements.txt
ARG EXTRA=""
ARG PIP_EXTRA_INDEX_URL=""
COPY requirements.txt requirements-base.txt requirements-deep.txt ./
RUN pip install --no-cache-dir --requirement "$REQUIREMENTS" $EXTRA

# The program belongs to root and is read only; the server's own user writes to /data alone.
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin twin \
    && install --directory --owner twin --mode 0700 /data
COPY LICENSE streamlit_app.py ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY assets assets
COPY static static
COPY engine engine
COPY pages pages

ENV HOME=/data \
    NUMBA_CACHE_DIR=/data/numba \
    PYTHONUNBUFFERED=1 \
    TABULAR_TWIN_HOME=/data/home
USER 10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
