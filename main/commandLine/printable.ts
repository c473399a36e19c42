/**
 * Text without characters that steer a terminal, each shown as a replacement mark: names of classes, fields and bands come from
 * files that others made. Line ends stay.
 */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}
