import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** A signed message (DSSE 1.0, https://github.com/secure-systems-lab/dsse, envelope.md). */
const envelope = z.object({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z
    .array(z.object({ keyid: z.string().optional(), sig: z.base64() }))
    .min(1)
    .max(100),
});

/** What is said of files (in-toto Statement v1), here: this run made them. */
const statement = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(z.object({ name: z.string().min(1), digest: z.object({ sha256: z.hex().length(64) }) }))
    .min(1),
  predicateType: z.string(),
  predicate: z.unknown(),
});
export type Statement = z.infer<typeof statement>;

const payloadType = 'application/vnd.in-toto+json';

/** SHA-256, in hexadecimal, of the public key (SubjectPublicKeyInfo, DER) that belongs to a key. */
export function fingerprintOf(key: KeyObject): string {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(open.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** A statement in its signed envelope, as JSON. @param key Private, Ed25519 */
export function seal(stated: Statement, key: KeyObject): string {
  const payload = Buffer.from(JSON.stringify(stated));
  const sig = sign(null, preAuthentication(payloadType, payload), key).toString('base64');
  const signatures = [{ keyid: fingerprintOf(key), sig }];
  return `${JSON.stringify({ payloadType, payload: payload.toString('base64'), signatures })}\n`;
}

export type Opened =
  | { readonly statement: Statement }
  /** Why it is not to be believed, in words that follow the file's name. */
  | { readonly refused: string };

/** The statement of an envelope that was signed by a key; nothing of it is read before the signature holds. */
export function unseal(text: string, key: KeyObject): Opened {
  const parsed = envelope.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.payloadType !== payloadType)
    return { refused: 'is no signature of a record' };
  const { payload, signatures } = parsed.data;
  const bytes = Buffer.from(payload, 'base64');
  const signed = preAuthentication(payloadType, bytes);
  if (!signatures.some(({ sig }) => verify(null, signed, key, Buffer.from(sig, 'base64')))) {
    const other = signatures.every(({ keyid }) => keyid !== fingerprintOf(key));
    return { refused: other ? 'was signed with another key' : 'was changed after it was signed' };
  }
  const stated = statement.safeParse(parseJson(bytes.toString()));
  return stated.success ? { statement: stated.data } : { refused: 'says nothing about files' };
}

/** What is signed (DSSE protocol.md, PAE): type and body with their lengths, so that neither can be taken for the other. */
export function preAuthentication(type: string, body: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.byteLength} `;
  return Buffer.concat([Buffer.from(head), body]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
