"""The rules of accessibility that a machine can check (axe-core)."""

from axe_playwright_python.sync_playwright import Axe

from tests.console.visit import Visit


def violations(visit: Visit) -> list[str]:
    """What is wrong with the page in light colours, and with its contrast in dark ones."""
    page = visit.page
    page.emulate_media(color_scheme="light")
    found = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"]
    ]
