"""From the bytes of a body to typed columns, and from predictions to the bytes of an answer."""
