"""What an operator is told when the stack cannot go on."""


class StackProblem(Exception):
    """One clear sentence that says what is wrong and what to do; the command prints it and exits 1."""
