# -*- coding: utf-8 -*-
#
# A settings file with the statements of the original's, for tests.
#


"""Settings of a music server"""

from __future__ import absolute_import, unicode_literals
import logging
from tempfile import gettempdir

from os.path import join
from avalon.log import DEFAULT_LOGGER_NAME


# The database, in the temporary folder.
DATABASE_URL = 'sqlite:///' + join(gettempdir(), 'avalon.sqlite')


# Of Flask.
JSONIFY_PRETTYPRINT_REGULAR = False


# It's a comment with 'quotes' and a "percent" sign: %.
LOG_DATE_FORMAT = '%Y-%m-%dT%H:%M:%S'


LOG_FORMAT = '[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s'


LOG_LEVEL = logging.INFO


LOG_PATH = None


# Of Flask, too.
LOGGER_NAME = DEFAULT_LOGGER_NAME


REQUEST_PATH = '/avalon'


SENTRY_DSN = None


STATSD_HOST = 'localhost'


STATSD_PORT = 8125


STATSD_PREFIX = 'avalon'
