import { currentLanguage } from './translate.ts';

const formats = new Map<string, Intl.NumberFormat>();

/** Making a format is slow, and a chart writes hundreds of numbers. */
function formatOf(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const language = currentLanguage();
  const known = formats.get(`${language} ${key}`);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(language, options);
  formats.set(`${language} ${key}`, made);
  return made;
}

/** A count, in groups of thousands: `12,345`, in German `12.345`. */
export const countText = (value: number): string => formatOf('count', {}).format(value);

/** A number with as many decimals: `0.931`, in German `0,931`. */
export const decimalText = (value: number, decimals: number): string =>
  formatOf(`decimals ${decimals}`, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);

/** A number with at most as many digits that count, without groups. */
export const shortText = (value: number, digits: number): string =>
  formatOf(`digits ${digits}`, {
    maximumSignificantDigits: digits,
    useGrouping: false,
  }).format(value);

/** `2026-11-22 19.40.05`: names of files that must not meet. */
export const stampNow = (): string => {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
};
