"""Countries, organisations, units, their agreements and contact desks, and the legal bases each country knows."""
