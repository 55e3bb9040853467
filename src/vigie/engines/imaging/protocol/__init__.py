"""What passes between the parent and a confined worker: fixed headers, checked numbers, raw pixels; no pickles."""
