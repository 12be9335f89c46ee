"""What is implemented and what is documented are the same."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load_writer() -> ModuleType:
    path = ROOT / "scripts" / "write_reference.py"
    spec = importlib.util.spec_from_file_location("write_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page", ["openapi.json", "operations.md", "errors.md", "settings.md", "commands.md"]
)
def test_the_reference_page_is_current(page: str) -> None:
    writer = load_writer()
    assert set(writer.PAGES) >= {page}
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert written == writer.PAGES[page](), "run python scripts/write_reference.py"


def test_every_local_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    assert [link for link in links if not (link[0].parent / link[1]).exists()] == []
