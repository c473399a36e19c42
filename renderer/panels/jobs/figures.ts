import { decimalText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';

/** Seconds as people say them: `8 s`, `2 min 5 s`, `3 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t('{seconds} s', { seconds: whole });
  if (whole < 3600)
    return t('{minutes} min {seconds} s', {
      minutes: Math.floor(whole / 60),
      seconds: whole % 60,
    });
  return t('{hours} h {minutes} min', {
    hours: Math.floor(whole / 3600),
    minutes: Math.floor((whole % 3600) / 60),
  });
}

/** A range of seconds; one figure where both ends read the same. */
export function durationRange([least, most]: readonly [number, number]): string {
  const [from, to] = [duration(least), duration(most)];
  return from === to ? from : t('{from} to {to}', { from, to });
}

/** A fraction of 1 as per cent, for columns that say so in their head. */
export const hundredths = (value: number | undefined): string =>
  value === undefined ? '–' : decimalText(100 * value, 1);

/** A figure from −1 to 1, as kappa; `–` where there is none. */
export const ratio = (value: number | undefined): string =>
  value === undefined ? '–' : decimalText(value, 3);

/** A fraction of 1 as per cent, `–` where there is none. */
export const percent = (value: number | undefined): string =>
  value === undefined ? '–' : `${decimalText(100 * value, 1)} %`;
