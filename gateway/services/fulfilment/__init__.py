"""How a whole cart can be had, and the allocation that plans and reservations share."""
