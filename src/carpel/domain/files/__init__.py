"""Files: exports to be fetched and imports to be sent, each by a signed link that expires."""

from .model import BadLink, ExpiredLink, File, TooLargeFile
from .service import Files

__all__ = ["BadLink", "ExpiredLink", "File", "Files", "TooLargeFile"]
