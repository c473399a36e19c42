import { type ErrorCode, errorRecord } from '../../app/error.ts';

/** What a window gets for a request, whether over HTTP or over `app://`. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/**
 * Headers of every answer. Nothing but the application's own files runs, nothing is fetched from elsewhere, and no other page may
 * frame, embed or read what is here.
 * @param connect further origins that scripts may speak to, e.g. the WebSocket of the served mode
 */
export function guardHeaders(connect: readonly string[] = []): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "img-src 'self' blob: data:",
    "style-src 'self'",
    "font-src 'self'",
    `connect-src ${["'self'", ...connect].join(' ')}`,
    // Reports; all other answers refuse to be framed.
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=(), serial=(), hid=()',
  };
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

export function emptyAnswer(status: number): Answer {
  return { status, headers: { 'cache-control': 'no-store' }, body: new Uint8Array(0) };
}

const statuses: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  'not-found': 404,
  'not-readable': 403,
  'too-large': 413,
  'disk-full': 507,
  cancelled: 499,
};

/** An error as its record: code, message, details. */
export function errorAnswer(error: unknown): Answer {
  const record = errorRecord(error);
  return jsonAnswer(statuses[record.code] ?? 500, { error: record });
}
