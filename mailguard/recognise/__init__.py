"""Reading and index to sightings: which pupils of the roll a message is about. Pure."""

from mailguard import compiled

compiled.prefer(__path__)

from mailguard.recognise.building import build_index
from mailguard.recognise.index import Index
from mailguard.recognise.lexicon import Lexicon, default_lexicon, load_lexicon, parse_lexicon
from mailguard.recognise.recogniser import recognise

__all__ = ["Index", "Lexicon", "build_index", "default_lexicon", "load_lexicon", "parse_lexicon", "recognise"]
