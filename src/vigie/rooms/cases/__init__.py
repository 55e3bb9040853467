"""Cases, exhibits and the chain of custody."""
