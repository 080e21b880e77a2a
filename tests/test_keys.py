"""The keys of widgets are one namespace over all pages: no two places may use the same one."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ui import own_choice, recipe_fields
from ui.explore.warp_choice import START

ROOT = Path(__file__).resolve().parent.parent
FORM = {*recipe_fields.DEFAULTS, own_choice.OWN, own_choice.MNIST, "start"}  # by the fields' names


def constants(tree: ast.Module) -> dict[str, object]:
    """What a module's names in capitals stand for."""
    found = {}
    for line in tree.body:
        if isinstance(line, ast.Assign):
            (target,) = line.targets
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                    found[name.id] = value.value
    return found


def keys(file: Path) -> Iterator[str]:
    """Those of the widgets that a file draws, as far as they are written there."""
    tree = ast.parse(file.read_text("utf-8"))
    known = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "key":
            value = getattr(node.value, "value", known.get(getattr(node.value, "id", "")))
            if isinstance(value, str):
                yield value


def test_no_two_files_use_the_same_key():
    where = defaultdict(set)
    for file in [*ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/*.py")]:
        for key in keys(file):
            where[key].add(file.relative_to(ROOT).as_posix())
    assert {"view", "numbers", "near-number", START, "own"} <= where.keys()
    assert {key: files for key, files in where.items() if len(files) > 1} == {}
    form = {"ui/own_choice.py", "ui/teacher_choice.py", "ui/recipe_fields.py", "ui/recipe_form.py"}
    assert {key: where[key] for key in FORM if where[key] - form} == {}
