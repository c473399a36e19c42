import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * A message with a seal (HMAC-SHA256) by the key that lies in the folder of results. Whoever can write into Redis but not into
 * that folder can neither hand out work nor answer it.
 */
export const sealedMessage = z.strictObject({
  body: z.string().max(8_000_000),
  seal: z.string().regex(/^[0-9a-f]{64}$/),
});

export type SealedMessage = z.infer<typeof sealedMessage>;

export function sealed(value: unknown, key: string): SealedMessage {
  const body = JSON.stringify(value);
  return { body, seal: sealOf(body, key) };
}

/** What a message says where it bears the seal and has the form; undefined else. */
export function unsealed<Schema extends z.ZodType>(
  message: unknown,
  key: string,
  schema: Schema,
): z.output<Schema> | undefined {
  const parsed = sealedMessage.safeParse(message);
  if (!parsed.success) return undefined;
  const { body, seal } = parsed.data;
  if (!timingSafeEqual(Buffer.from(seal, 'hex'), Buffer.from(sealOf(body, key), 'hex')))
    return undefined;
  // what bears the seal was made by JSON.stringify
  return schema.safeParse(JSON.parse(body)).data;
}

const sealOf = (body: string, key: string): string =>
  createHmac('sha256', key).update(body).digest('hex');
