"""Assembles the rooms' routers; tokens, problem+json, OpenAPI."""
