"""Drawn places in perspective, photographed under changing light: the only pictures the demonstration ever shows."""

from vigie.demo.scenes.writing import FolderNotEmptyError, build

__all__ = ["FolderNotEmptyError", "build"]
