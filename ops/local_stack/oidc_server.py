"""
`python -m ops.local_stack.oidc_server <host> <port>`: serves the identity provider.

Anybody may sign in as anybody: a stated limit of one machine.
"""

import logging
import os
import sys

import uvicorn
from flask import Flask
from oidc_provider_mock import User
from oidc_provider_mock._app import Config, blueprint

from ops.local_stack.people import organisation


def serve(host: str, port: int) -> None:
    people = organisation().people
    users = [User(sub=one.staff_id, claims={"staff_id": one.staff_id, "name": one.name}) for one in people]
    # Not the package's own `app()`: that one switches an interactive debugger on.
    app = Flask("oidc_provider_mock")
    app.secret_key = os.urandom(16)
    app.register_blueprint(blueprint, config=Config(user_claims=users, issue_refresh_token=False))
    logging.basicConfig(level=logging.WARNING)
    uvicorn.run(app, interface="wsgi", host=host, port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
