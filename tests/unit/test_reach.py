"""Nothing in the harness is there for its tests alone."""

import ast
from pathlib import Path

import harness
from harness.plugins import REGISTRIES

ROOT = Path(__file__).parents[2]
# The command line looks its commands up by file, and each has these two.
COMMAND = ("add_arguments", "execute")
# Decorators of methods that somebody else calls: a base class of a library, or pydantic.
CALLED_BY_OTHERS = {"override", "model_validator", "model_serializer"}


def name_module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def definitions(node):
    """Return the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [p.id for t in targets for p in ast.walk(t) if isinstance(p, ast.Name)]
    return []


class Module:
    """What a module defines, and where the names come from that it uses."""

    def __init__(self, name, tree):
        self.name = name
        self.bodies = {}
        self.loose = []  # runs when it is imported
        for node in tree.body:
            for defined in definitions(node):
                self.bodies.setdefault(defined, []).append(node)
            if isinstance(node, ast.Expr | ast.If | ast.For | ast.Try | ast.With):
                self.loose.append(node)
        self.imported = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def uses(self, nodes):
        """Return module and name of all that some code reads."""
        found = set()
        for node in (part for each in nodes for part in ast.walk(each)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                package, module = self.imported.get(node.value.id, ("", ""))
                found.add((f"{package}.{module}", node.attr))
            if isinstance(node, ast.Name):
                found.add(self.imported.get(node.id, (self.name, node.id)))
        return found


def find_unreached(modules, entries):
    """Return what no entry leads to, as module and name."""
    todo, reached = set(entries), set()
    for module in modules.values():
        todo |= module.uses(module.loose)
    while todo:
        reached |= todo
        found = set()
        for home, name in todo:
            module = modules.get(home)
            if module is None:
                continue
            if name in module.imported:  # handed on, as by harness.api
                found.add(module.imported[name])
            found |= module.uses(module.bodies.get(name, ()))
        todo = found - reached
    return {
        (module.name, name)
        for module in modules.values()
        for name in module.bodies
        if (module.name, name) not in reached and not name.startswith("__")
    }


def list_entries(modules):
    """Return the public face, commands, and plugins, which are looked up by name."""
    entries = {("harness.__main__", "main"), ("harness.registry", "REQUIRES")}
    public = {*harness.__all__}
    for name, module in modules.items():
        if name.startswith("harness.cli."):
            entries |= {(name, each) for each in COMMAND}
        entries |= {(name, each) for each in public & set(module.bodies)}
    for registry in REGISTRIES:
        for file in registry.files():
            name = name_module(file)
            entries |= {(name, each) for each in modules[name].bodies if each[0] != "_"}
    return entries


def read_modules():
    paths = [p for folder in ("harness", "methods") for p in (ROOT / folder).rglob("*.py")]
    return {name_module(p): Module(name_module(p), ast.parse(p.read_text("utf-8"))) for p in paths}


def test_a_command_a_plugin_or_the_public_face_reaches_every_name():
    modules = read_modules()
    assert find_unreached(modules, list_entries(modules)) == set()


def list_methods(tree):
    """Yield class and name of the methods that nobody else calls, dunders aside."""
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for node in owner.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("__"):
                continue
            known = {
                part.id
                for d in node.decorator_list
                for part in ast.walk(d)
                if isinstance(part, ast.Name)
            }
            if not known & CALLED_BY_OTHERS:
                yield owner.name, node.name


def test_every_method_is_called_by_name_somewhere():
    folders = ("harness", "methods", "analysis")
    trees = {p: ast.parse(p.read_text("utf-8")) for f in folders for p in (ROOT / f).rglob("*.py")}
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    called |= {node.value for node in nodes if isinstance(node, ast.Constant)}  # by getattr
    found = [
        f"{path}: {owner}.{name}"
        for path, tree in trees.items()
        if path.is_relative_to(ROOT / "harness")
        for owner, name in list_methods(tree)
        if name not in called
    ]
    assert found == []


def test_a_name_that_only_a_namesake_leads_to_is_found():
    sources = {
        "one": "def run(): return read()\ndef read(): pass",
        "two": "from one import run\ndef read(): pass\ndef go(): return run()",
    }
    modules = {name: Module(name, ast.parse(text)) for name, text in sources.items()}
    assert find_unreached(modules, {("two", "go")}) == {("two", "read")}
