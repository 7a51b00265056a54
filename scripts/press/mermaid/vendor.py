"""What drawing needs from elsewhere: Mermaid itself and the house typeface."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from press.findings import Finding, PressError
from press.theme import Theme

VERSION = "12.3.0"
SHA256 = "336df803d87a38b70a01e736e666c8f7601d2ce42f5e47c8fafe5d721074b9a3"
MEMBER = "package/dist/mermaid.min.js"
WEIGHTS = {400: "Inter-Regular", 600: "Inter-SemiBold", 700: "Inter-Bold"}
FORMATS = {".woff2": "woff2", ".ttf": "truetype", ".otf": "opentype"}
NPM_TIMEOUT = 300  # s


def mermaid_js(root: Path) -> str:
    """The text of `mermaid.min.js`, fetched into `.cache/` the first time.

    Raises `PressError` when npm is missing or fails, or when the file isn't the
    one that was checked in.
    """
    path = root / ".cache" / f"mermaid-{VERSION}.min.js"
    if not path.exists():
        _fetch(path)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise PressError(
            Finding(
                path,
                1,
                "diagram-tools",
                f"this isn't Mermaid {VERSION}: its SHA-256 differs",
                "delete the file and run `make diagrams` again",
            )
        )
    return data.decode()


def _fetch(path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise _npm_fault(
            "drawing diagrams needs npm to fetch Mermaid, and there is none",
            "install it (Debian: `apt install npm`)",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = [npm, "pack", "--silent", f"mermaid@{VERSION}"]
        try:
            subprocess.run(
                command,
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
                timeout=NPM_TIMEOUT,
            )
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or ["no message"]
            raise _npm_fault(f"npm could not fetch Mermaid: {lines[-1]}") from None
        except subprocess.TimeoutExpired:
            raise _npm_fault(f"npm took more than {NPM_TIMEOUT} s") from None
        archive = Path(folder) / f"mermaid-{VERSION}.tgz"
        with tarfile.open(archive) as tar:
            member = tar.extractfile(MEMBER)
            assert member is not None, MEMBER
            fetched = Path(folder) / "mermaid.min.js"
            fetched.write_bytes(member.read())
        fetched.replace(path)


def _npm_fault(
    message: str, fix: str = "check the network, then try again"
) -> PressError:
    return PressError(Finding(Path("diagrams"), 1, "diagram-tools", message, fix))


def fonts(theme: Theme) -> dict[int, Path]:
    """The house sans by weight; raises `PressError` when a face is missing."""
    found: dict[int, Path] = {}
    for weight, name in WEIGHTS.items():
        files = sorted((theme.folder / "fonts").glob(f"{name}.*"))
        faces = [path for path in files if path.suffix in FORMATS]
        if not faces:
            raise PressError(
                Finding(
                    theme.folder / "fonts",
                    1,
                    "diagram-tools",
                    f"diagrams are set in {name}, and the theme has no such file",
                    f"add {name}.ttf (or .otf, .woff2)",
                )
            )
        found[weight] = faces[0]
    return found
