"""The components of superpos and of the papers, to make stored models anew in a script."""

from superpos.app import extensions
from superpos.app.registry import registry
from superpos.components import Registry

extensions.name_packages(["experiments"])
REGISTRY: Registry = registry()
"""Group of the config -> kind -> factory."""
