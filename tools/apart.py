"""Tools in environments of their own: they bring nothing into the program, and are not looked at with it."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Apart:
    """The environment `.venv-NAME` with what `requirements-NAME.txt` wants."""

    name: str

    def tool(self, command: str) -> str:
        """The path of a command in it."""
        return str(ROOT / f".venv-{self.name}" / ("Scripts" if sys.platform == "win32" else "bin") / command)

    def set_up(self) -> None:
        """Install what is wanted, unless it is there."""
        home, wanted = ROOT / f".venv-{self.name}", ROOT / f"requirements-{self.name}.txt"
        stamp = home / "stamp"
        if stamp.exists() and stamp.read_text() == wanted.read_text():
            return
        print(f"Installing the tools of {wanted.name} into {home.name}.")
        venv.create(home, with_pip=True, clear=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([self.tool("python"), "-m", "pip", "install", *quiet, "-r", str(wanted)], check=True)
        stamp.write_text(wanted.read_text())

    def lend(self, packages: str) -> None:
        """Let it see the packages in a folder of another environment, too."""
        asked = [self.tool("python"), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
        where = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
        (Path(where) / "program.pth").write_text(packages + "\n")
