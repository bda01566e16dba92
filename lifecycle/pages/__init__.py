"""The pages of a desk, drawn from its tables: the queue, a case, what may be done now and why the rest may not."""
