"""Browser room of the widget: loaded once by the process from which real front desks are forked.

The first app of a process takes twice as long to make as the next one. It is made here and thrown away, so
that each fork makes its own as a next one.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from frontdesk.app import main
from frontdesk.settings import load_settings
from widget.tests.browser.real_desk import environment

with TemporaryDirectory() as folder, patch.dict(os.environ, environment(Path(folder), 1, 1)):
    main.STAFF_CONSOLE = "frontdesk.no_console"  # as in real_desk
    main.create_app(load_settings())
