"""A certificate for a file that is given out: what was checked on its very bytes, column by column.

The bytes are read again with plain readers (pandas, pyarrow, json), not with our own, so that the certificate says what
another program will find there. Each check is passed or failed, with a sentence; one that does not apply is left out.
"""

from engine.certificate.certify import certify
from engine.certificate.result import Certificate, Check, Expected, What

__all__ = ["Certificate", "Check", "Expected", "What", "certify"]
