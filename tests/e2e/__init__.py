"""One person's story and what goes wrong around it, on the whole stack as `recourse up` starts it."""
