"""Builds of the site in one process, each from what the last one left."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

import jinja2
import mkdocs
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException

from press import build, data, edition
from press.apparatus import Apparatus
from press.findings import Finding, PressError, too_deep
from press.preview.run import Memory, Run
from press.preview.templates import Themes

KNOWN_MKDOCS = "1.6."


class Builder:
    """The site of the book in `root`, built again and again."""

    def __init__(self, root: Path) -> None:
        if not mkdocs.__version__.startswith(KNOWN_MKDOCS):
            raise PressError(
                Finding(
                    root / "mkdocs.yml",
                    1,
                    "mkdocs",
                    f"the preview can't work with MkDocs {mkdocs.__version__}",
                    f"install MkDocs {KNOWN_MKDOCS}x",
                )
            )
        self.root = root.resolve()
        self.site_url = ""
        self.known: Apparatus | None = None
        self._work = Path(tempfile.mkdtemp(prefix="press-preview-"))
        self.site = self._work / "site"  # a link to the last good one's folder
        self.memory = Memory()
        self._themes = Themes(self.root)
        self._epoch = os.environ.get("SOURCE_DATE_EPOCH")
        self._warnings = Warnings()
        self._logger = logging.getLogger("mkdocs")
        self._logger.addHandler(self._warnings)
        self._propagate, self._logger.propagate = self._logger.propagate, False

    def build(self) -> Run:
        """Make the site anew; raises `PressError` and changes nothing at faults."""
        self._warnings.records.clear()
        folder = Path(tempfile.mkdtemp(dir=self._work))
        try:
            settings = data.read_text(self.root / "mkdocs.yml")
            config = self._config(folder)
            self._themes.adopt(config)
            fresh = Memory(folder, settings)
            run = Run(config, self.memory, fresh, self._warnings.records)
            self._start(run)
            run.write(self._themes)
        except PressError:
            raise
        except RecursionError:
            raise PressError(too_deep(build.plugin_of(config).at)) from None
        except Exception as error:
            raise PressError(self._told(error)) from error
        found = self._told_by_mkdocs()
        if found:
            self.memory.rendered = run.fresh.rendered
            self.memory.settings = settings
            raise PressError(*found)
        self.memory = run.fresh
        fresh = self._work / "fresh"
        fresh.symlink_to(folder)
        os.replace(fresh, self.site)
        return run

    def sweep(self) -> None:
        """Remove the folders of former and of failed builds."""
        for folder in self._work.iterdir():
            if folder not in (self.site, self.memory.site):
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything and leave the process as it was found."""
        shutil.rmtree(self._work, ignore_errors=True)
        self._logger.removeHandler(self._warnings)
        self._logger.propagate = self._propagate
        self._set_epoch(self._epoch)

    def _config(self, folder: Path) -> MkDocsConfig:
        path = self.root / "mkdocs.yml"
        try:
            return load_config(
                str(path), site_dir=str(folder), site_url=self.site_url, strict=False
            )
        except MkDocsException as error:
            edition.read_config(path)  # tells most faults better, and with their line
            said = [record.getMessage() for record in self._warnings.records]
            raise PressError(self._finding("; ".join(said) or str(error))) from None
        except RecursionError:
            raise PressError(too_deep(path)) from None

    def _start(self, run: Run) -> None:
        """Load and check the book, for the date that a build would have."""
        plugin = build.plugin_of(run.config)
        try:
            run.config = run.config.plugins.on_config(run.config)
        finally:
            self.known = plugin.known or self.known
        self._set_epoch(self._epoch)
        self._set_epoch(str(build.epoch(plugin.known.book)))
        run.known = plugin.known

    def _told_by_mkdocs(self) -> list[Finding]:
        assert self.known is not None
        teller = build.Warnings(self.known.book)
        for record in self._warnings.records:
            teller.emit(record)
        return sorted(set(teller.findings))

    def _told(self, error: Exception) -> Finding:
        """A finding for what went wrong in MkDocs, a template or the press."""
        if isinstance(error, jinja2.TemplateError):
            return build.template_fault(error)
        if isinstance(error, MkDocsException):
            return self._finding(str(error))
        what = f"the build failed: {type(error).__name__}: {error}"
        config = self.root / "mkdocs.yml"
        return Finding(config, 1, "build", what, "mend what was last changed")

    def _finding(self, message: str) -> Finding:
        return Finding(self.root / "mkdocs.yml", 1, "mkdocs", message, "mend it")

    @staticmethod
    def _set_epoch(value: str | None) -> None:
        if value is None:
            os.environ.pop("SOURCE_DATE_EPOCH", None)
        else:
            os.environ["SOURCE_DATE_EPOCH"] = value


class Warnings(logging.Handler):
    """Keeps MkDocs' warnings and errors of one build."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)
