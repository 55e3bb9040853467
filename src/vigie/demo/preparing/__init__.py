"""Making a demonstration's world: pictures, then countries, units, people and cases, then everything handed in."""
