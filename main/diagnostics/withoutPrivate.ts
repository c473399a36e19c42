type Fields = Readonly<Record<string, unknown>>;

/** Fields of a log whose texts are the program's own words. All other texts stay on this machine. */
const ownWords = new Set([
  ...[
    'time',
    'level',
    'event',
    'process',
    'task',
    'call',
    'job',
    'kind',
    'state',
    'code',
    'signal',
  ],
  ...['origin', 'name', 'version', 'engine', 'device', 'platform', 'arch', 'node', 'reason'],
]);
/** A word of the program: what looks like a path, an address or a quotation is none, wherever it stands. */
const plainWords = /^[\w .,:()×%+-]{0,120}$/;
/** As `placesOf` gives them. */
const place = /^(app|main|native|renderer)\/[\w/.-]+:\d+:\d+$/;

/**
 * A line of a log with nothing in it that says whose machine it is or what is done with it: numbers, the program's own words,
 * and where in the program an error arose. Names of scenes, classes and people, paths, addresses and messages are left out.
 * Undefined where it is no line of a log.
 */
export function withoutPrivate(line: string): string | undefined {
  let fields: Fields;
  try {
    fields = JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (!/^[a-zA-Z]{1,40}$/.test(key)) continue;
    if (typeof value === 'number' || typeof value === 'boolean') kept[key] = value;
    else if (key === 'places' && Array.isArray(value))
      kept[key] = value.filter((text) => typeof text === 'string' && place.test(text));
    else if (ownWords.has(key) && typeof value === 'string' && plainWords.test(value))
      kept[key] = value;
  }
  return JSON.stringify(kept);
}
