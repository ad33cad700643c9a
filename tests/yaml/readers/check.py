"""Reads the objects of the argument's directory with PyYAML (YAML 1.1) and compares them with the texts beside them."""

import json
import pathlib
import sys

import yaml

directory = pathlib.Path(sys.argv[1])
texts = json.loads((directory / "texts.json").read_text(encoding="utf-8"))


def read(name):
    return yaml.safe_load((directory / name).read_bytes().decode("utf-8"))["data"]


values, keys = read("values.yaml"), read("keys.yaml")
wrong = [text for i, text in enumerate(texts) if values.get(f"v{i}") != text or keys.get(text) != f"k{i}"]
if wrong or len(values) != len(texts) or len(keys) != len(texts):
    sys.exit(f"PyYAML {yaml.__version__} reads these as something else: {wrong[:20]}")
print(f"PyYAML {yaml.__version__}: {len(texts)} texts, all as they were")
