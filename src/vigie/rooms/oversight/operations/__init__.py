"""Writes about the log: exporting it, witnesses and their cosignatures, time stamps."""

from vigie.rooms.oversight.operations.exporting import export_log, export_view
from vigie.rooms.oversight.operations.stamping import record_stamp
from vigie.rooms.oversight.operations.witnessing import add_witness, end_witness, record_cosignatures

__all__ = ["add_witness", "end_witness", "export_log", "export_view", "record_cosignatures", "record_stamp"]
