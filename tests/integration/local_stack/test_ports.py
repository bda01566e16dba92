"""Two stacks that start at the same moment get different ports, though nobody listens yet."""

import socket

from ops.local_stack.ports import PortBook, free_port, is_free


def test_a_port_is_given_to_one_stack_only_until_it_gives_it_back() -> None:
    usual = free_port()
    with PortBook({}) as first, PortBook({}) as second:
        assert first.choose("intake", usual) == usual
        other = second.choose("intake", usual)
        assert other != usual
        assert is_free(other)
    with PortBook({}) as third:
        assert third.choose("intake", usual) == usual


def test_a_usual_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        with PortBook({}) as book:
            assert book.choose("intake", taken) != taken
