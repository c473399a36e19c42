/** A known weakness that was looked at and does not concern this program, with the reason. */
export type Argued = {
  /** As `GHSA-xxxx-xxxx-xxxx`, or the address that npm names. */
  readonly advisory: string;
  readonly package: string;
  readonly why: string;
};

type Advisory = { readonly name: string; readonly url: string; readonly title: string };
type Report = {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly via: readonly (string | Advisory)[] }>
  >;
  readonly message?: string;
};

export type Judgement =
  | { readonly state: 'clean' | 'failed'; readonly lines: readonly string[] }
  /** The registry did not answer: nothing is known. */
  | { readonly state: 'unknown'; readonly reason: string };

const idOf = (url: string): string => /GHSA(-\w{4}){3}/.exec(url)?.[0] ?? url;

/**
 * Holds what `npm audit --json` said against the argued list. What is not argued fails, and so does an argument that nothing needs any
 * more.
 */
export function judgeAudit(text: string, argued: readonly Argued[]): Judgement {
  let report: Report;
  try {
    report = JSON.parse(text) as Report;
  } catch {
    return { state: 'unknown', reason: 'npm gave no answer' };
  }
  if (report.vulnerabilities === undefined)
    return { state: 'unknown', reason: withoutAddress(report.message ?? 'no answer') };
  // of a package that only depends on a weak one, `via` is the name of that one
  const found = new Map<string, Advisory>();
  for (const { via } of Object.values(report.vulnerabilities))
    for (const one of via)
      if (typeof one !== 'string') found.set(`${one.name} ${idOf(one.url)}`, one);
  const known = new Set(argued.map((one) => `${one.package} ${idOf(one.advisory)}`));
  const lines = [
    ...[...found]
      .filter(([key]) => !known.has(key))
      .map(
        ([key, { title }]) => `${key}: ${title}. Update it, or argue it in scripts/argued.json.`,
      ),
    ...[...known]
      .filter((key) => !found.has(key))
      .map(
        (key) => `${key} is argued in scripts/argued.json and no longer found. Remove it there.`,
      ),
    ...argued
      .filter(({ why }) => why.trim().length < 20)
      .map((one) => `${one.package} ${one.advisory} is listed without a reason.`),
  ];
  return { state: lines.length === 0 ? 'clean' : 'failed', lines };
}

/** An address may hold a password, and names a registry that is nobody's business. */
const withoutAddress = (text: string): string => text.replace(/( - \w+)? https?:\S+/g, '').trim();

type Lock = {
  readonly packages: Readonly<
    Record<string, { readonly hasInstallScript?: boolean; readonly dev?: boolean }>
  >;
};

/** Packages of the product, by their folder, that bring a script for when they are installed. */
export const installScripts = (lock: string): string[] =>
  Object.entries((JSON.parse(lock) as Lock).packages)
    .filter(([, { hasInstallScript, dev }]) => hasInstallScript === true && dev !== true)
    .map(([folder]) => folder.replace(/^node_modules\//, ''));
