"""What `vigie bench matching` is made of: codes drawn and planted, engines taking turns, a store that lives."""
