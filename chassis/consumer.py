"""The loop that applies events."""

from chassis.inbox import Acknowledge, AfterCommit, Event, Handler, InvalidMessage

__all__ = ["Acknowledge", "AfterCommit", "Event", "Handler", "InvalidMessage"]
