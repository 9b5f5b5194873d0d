import type { Page } from 'playwright-core';

/** A piece of text on one line, where the page shows it, in CSS pixels. */
interface ShownText {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Layout {
  readonly texts: readonly ShownText[];
  /** Texts that an element hides in part, without an ellipsis. */
  readonly cut: readonly string[];
  readonly width: number;
}

/** Height that the boxes of two lines may share: fonts add space above and below letters. */
const sharedPx = 3;

/** Returns what is wrong with the layout of a page, or of its open dialog: it scrolls sideways, or texts are cut or lie on each other. */
export async function layoutFaults(page: Page): Promise<string[]> {
  const { texts, cut, width } = await page.evaluate<Layout>(`(${readLayout})()`);
  const viewport = page.viewportSize()?.width ?? 0;
  return [
    ...(width > viewport ? [`the page is ${width} wide, and the window ${viewport}`] : []),
    ...cut.map((text) => `cut: ${text}`),
    ...overlapsOf(texts),
  ];
}

function overlapsOf(texts: readonly ShownText[]): string[] {
  const sorted = texts.toSorted((a, b) => a.top - b.top);
  return sorted.flatMap((upper, index) =>
    sorted
      .slice(index + 1)
      .filter((lower) => isOn(upper, lower))
      .map((lower) => `“${upper.text}” lies on “${lower.text}”`),
  );
}

function isOn(a: ShownText, b: ShownText): boolean {
  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return wide > sharedPx && high > sharedPx;
}

/** Runs in the page. Reads the visible texts, each clipped by the elements around it that hide or scroll what is outside. */
const readLayout = `() => {
  const root = document.querySelector('dialog[open]') ?? document.body;
  const hides = (style) => style.overflowX !== 'visible' || style.overflowY !== 'visible';
  const clip = (box, element) => {
    const shown = { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
    for (let at = element; at !== null && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.clipPath !== 'none') return undefined;
      if (!hides(style)) continue;
      const edge = at.getBoundingClientRect();
      shown.left = Math.max(shown.left, edge.left);
      shown.top = Math.max(shown.top, edge.top);
      shown.right = Math.min(shown.right, edge.right);
      shown.bottom = Math.min(shown.bottom, edge.bottom);
    }
    return shown.right - shown.left > 1 && shown.bottom - shown.top > 1 ? shown : undefined;
  };
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.data.trim();
    const element = node.parentElement;
    if (text === '' || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest('option, script, style') !== null) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const shown = clip(box, element);
      if (shown !== undefined) texts.push({ text: text.slice(0, 40), ...shown });
    }
  }
  const cut = [];
  for (const element of root.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    if (style.overflowX !== 'hidden' || style.textOverflow === 'ellipsis' || style.clipPath !== 'none') continue;
    if (element.closest('svg, .skeleton') !== null || element.textContent.trim() === '') continue;
    if (element.scrollWidth > element.clientWidth + 1) cut.push(element.textContent.trim().slice(0, 40));
  }
  return { texts, cut, width: document.documentElement.scrollWidth };
}`;
