"""The container's parts fit together, links in the docs lead somewhere, and nothing is asked of other servers."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


# The container


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    pairs = [line.split(maxsplit=1) for line in lines]
    assert all(len(pair) == 2 and pair[0].isupper() for pair in pairs)
    return [(word, rest) for word, rest in pairs]


def of(kind: str) -> list[str]:
    return [rest for word, rest in instructions() if word == kind]


def copied(to: Path) -> None:
    """What the image would hold of this project, in a folder."""
    for rest in of("COPY"):
        *sources, target = shlex.split(rest)
        for source in sources:
            place = to / target / Path(source).name if target.endswith("/") else to / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)


def test_the_image_is_of_a_fixed_python_and_runs_as_nobody_in_particular() -> None:
    (base,) = of("FROM")
    assert re.fullmatch(r"python:3\.1[1-3]-slim", base)
    words = [word for word, _ in instructions()]
    (user,) = of("USER")
    assert user.isdecimal()
    assert int(user) > 0
    assert "RUN" not in words[words.index("USER") :]
    assert words[-1] == "CMD"
    assert f"--uid {user} " in " ".join(of("RUN"))
    assert "libgomp1" in " ".join(of("RUN"))
    assert (ROOT / "packages.txt").read_text().split() == ["libgomp1"]
    (volume,) = of("VOLUME")
    environment = " ".join(of("ENV"))
    for name in ("HOME", "NUMBA_CACHE_DIR", "TABULAR_TWIN_HOME"):
        assert re.search(rf"\b{name}={volume}", environment)
    (health,) = of("HEALTHCHECK")
    (port,) = of("EXPOSE")
    assert f"http://127.0.0.1:{port}/_stcore/health" in health
    assert f'"--server.port", "{port}"' in of("CMD")[0]


def test_only_what_is_copied_is_sent_to_the_build_and_no_secret_is() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    sources = {source.split("/")[0] for rest in of("COPY") for source in shlex.split(rest)[:-1]}
    assert {rule[1:] for rule in rules if rule.startswith("!")} == sources
    assert ".streamlit/secrets.toml" in rules
    assert not any(rest.startswith((".", "/")) and rest.split()[0] in (".", "/") for rest in of("COPY"))


def test_the_requirements_hold_nothing_of_the_tests() -> None:
    (asked,) = [rest for rest in of("ARG") if rest.startswith("REQUIREMENTS=")]
    assert (ROOT / asked.partition("=")[2]).exists()
    held = "".join((ROOT / name).read_text() for name in ("requirements-base.txt", "requirements-deep.txt"))
    for name in ("pytest", "mypy", "ruff", "playwright"):
        assert name not in held


def test_the_app_runs_from_what_the_image_holds(tmp_path: Path) -> None:
    copied(tmp_path)
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('streamlit_app.py', default_timeout=60).run()\n"
        "app.button(key='sample-penguins').click().run()\n"
        "assert not app.exception and not app.error\n"
        "import engine; print(engine.__file__, app.title[0].value)"
    )
    environment = {**os.environ, "TABULAR_TWIN_HOME": str(tmp_path / "data"), "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{tmp_path / 'engine' / '__init__.py'} penguins"


# What lies in the docs as settings of other programs


def test_links_in_these_docs_lead_somewhere() -> None:
    for path in (
        ROOT / "SECURITY.md",
        *(ROOT / "docs" / f"{n}.md" for n in ("deployment", "team", "faults", "limits")),
    ):
        text = path.read_text(encoding="utf-8")
        for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#([\w-]*))?\)", text):
            found = (path.parent / target) if target else path
            assert found.exists(), (path, target)
            if anchor:
                heads = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
                assert anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}, anchor


# Nothing leaves the server


def test_nothing_is_asked_of_other_servers() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert all(face["url"].startswith("app/static/") for face in settings["theme"]["fontFaces"])
    nets = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "socket", "ftplib", "smtplib"}
    for path in (path for part in ("engine", "pages") for path in (ROOT / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not nets & set(names), path
