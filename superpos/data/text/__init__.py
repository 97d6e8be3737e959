"""Texts from a folder: documents with what is known of them. `make corpus` fetches three."""

from superpos.data.text.austen import austen
from superpos.data.text.brown import brown
from superpos.data.text.document import Document, Word
from superpos.data.text.kjv import kjv
from superpos.data.text.novel import novel

__all__ = ["Document", "Word", "austen", "brown", "kjv", "novel"]
