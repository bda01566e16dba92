"""`python -m services.ethics web|background|all|migrate`, or `… sentinel`: a process of its own."""

import sys

from chassis.settings import Settings
from chassis.web.run import main
from services.ethics.service import build

if sys.argv[1:] == ["sentinel"]:
    from services.ethics.sentinel.app import run

    run()
else:
    main("ethics", build, Settings)
