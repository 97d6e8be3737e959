"""Sweeps on disk and back: a Dataset, its stored models, and the best of them."""

from superpos.store.at_step import at_step as at_step
from superpos.store.best import NoMemberError as NoMemberError
from superpos.store.best import best_of as best_of
from superpos.store.files import StoreError as StoreError
from superpos.store.member import component as component
from superpos.store.member import member as member
from superpos.store.member import members as members
from superpos.store.member import nodes as nodes
from superpos.store.opening import open as open
from superpos.store.table import Config as Config
from superpos.store.table import config_of as config_of
from superpos.store.table import finished as finished
from superpos.types import Member as Member
