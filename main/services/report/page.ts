import { type Html, type HtmlValue, html, name } from './html.ts';
import { style } from './style.ts';

/** The page loads nothing and runs nothing, whatever the names in it say. */
const policy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A self-contained HTML page: heading, one line below it, sections, when it was made (ISO 8601). */
export function page(
  {
    title,
    lead,
    created,
  }: { readonly title: string; readonly lead: HtmlValue; readonly created: string },
  ...sections: readonly HtmlValue[]
): string {
  const { markup } = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ markup: policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header><h1>${name(title)}</h1><p class="lead">${lead}</p></header>
<main>
${sections}
</main>
<footer><p>Made by Prismap on ${madeOn(created)}. This page is complete in itself: it loads nothing from elsewhere.</p></footer>
</body>
</html>
`;
  return `<!doctype html>\n${markup}`;
}

const madeOn = (created: string): string => created.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');

/** What the reader should know before anything else. */
export function warningSection(texts: readonly string[]): Html | undefined {
  if (texts.length === 0) return undefined;
  return html`<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">${texts.length === 1 ? 'One thing' : `${texts.length} things`} to know first</h2><ul>${texts.map((text) => html`<li>${name(text)}</li>`)}</ul></section>`;
}
