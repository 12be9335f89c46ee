"""The page of the interface in a browser: its links lead to what they name."""

from playwright.sync_api import Browser, expect

NEAR_THE_TOP = """anchor => {
  const { top } = document.getElementById(anchor).getBoundingClientRect();
  const rest = document.documentElement.scrollHeight - innerHeight - scrollY;
  return top >= 0 && (top < innerHeight / 4 || rest < 1);
}"""
"""Whether an element is where a link to it leaves it: at the top, or as far up as the page goes."""


def test_every_link_of_the_page_leads_to_its_operation(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{address}/docs")
    links = page.locator("nav a[href^='#']")
    anchors = [link.get_attribute("href") or "" for link in links.all()]
    assert len(anchors) > 30
    for anchor in anchors:
        page.locator(f"nav a[href='{anchor}']").click()
        assert page.evaluate(NEAR_THE_TOP, anchor[1:]), anchor
    page.close()


def test_an_address_with_an_operation_opens_at_it(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/docs#SearchFace")
    expect(page.locator("#SearchFace")).to_be_in_viewport()
    assert page.evaluate(NEAR_THE_TOP, "SearchFace")
    page.close()
