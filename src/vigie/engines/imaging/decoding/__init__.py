"""The decoders and what is made of their pixels: imported inside a confined worker only."""
