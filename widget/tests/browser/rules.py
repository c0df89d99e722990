"""Browser room of the widget: the rules of accessibility, checked by axe in the page itself."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong is worked out in full and sent over.
CHECK = """async ([context, tags]) => {
    const options = { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'], selectors: false };
    const { violations } = await axe.run(context ?? document, options);
    return violations.map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 200)}`);
}"""


def broken_rules(page: Page, context: str | None = None) -> list[str]:
    """Each rule that is broken, with the first element that breaks it.

    Args:
        context: a selector of what is looked at; the whole page without one.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    broken: list[str] = page.evaluate(CHECK, [context, TAGS])
    return broken
