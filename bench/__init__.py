"""The project's own measurements: each module is one `vigie bench`, its options those of its function `measure`."""
