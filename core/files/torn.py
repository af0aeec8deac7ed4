"""What the library says of an archive that is not what it should be.

Of an offset beyond the file the system itself complains.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

TORN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, KeyError, OverflowError),
)
