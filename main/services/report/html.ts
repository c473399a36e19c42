/** A piece of HTML that is safe to insert as it is. Only `html` makes one. */
export type Html = { readonly markup: string };

/** What may stand in a template: text and numbers are escaped, HTML is not, lists are joined, undefined and false are nothing. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined | false;

/** HTML from a template; every inserted text is escaped for content and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = parts[0]!;
  for (const [i, value] of values.entries()) markup += markupOf(value) + parts[i + 1]!;
  return { markup };
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('markup' in value) return value.markup;
  return value.map(markupOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML content or a quoted attribute; characters that HTML does not allow become U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/g,
      '\ufffd',
    )
    .replace(/[&<>"']/g, (character) => entities[character]!);
}

/** A name from outside: kept from turning the direction of the text around it. */
export function name(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}
