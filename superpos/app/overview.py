"""`superpos --help`: what there is to run and to name, with what packages add."""

from superpos.app import boundary
from superpos.app.config.yaml_files import read_yaml
from superpos.app.extensions import extensions, program
from superpos.app.registry import registry
from superpos.app.tracking import TRACKERS
from superpos.store.bounded import StoreError


def overview() -> str:
    """An example command for each experiment with its title, and the kinds of each component."""
    commands = {f"{program()} experiment={name}": title_of(name) for name in boundary.experiments()}
    width = max(map(len, commands))
    lines = [f"  {command:<{width}}  {title}".rstrip() for command, title in commands.items()]
    every = {**registry(), **TRACKERS}
    kinds = [f"{group}: {', '.join(kinds)}" for group, kinds in every.items()]
    return "\n".join(["Experiments:", *lines, "", "Components:", *kinds])


def title_of(name: str) -> str:
    """What an experiment is called; what is wrong with its file, where that cannot be read."""
    files = [each.configs / "experiment" / f"{name}.yaml" for each in extensions()]
    try:
        return "".join(str(read_yaml(file).get("title", "")) for file in files if file.exists())
    except StoreError as error:
        return str(error)
