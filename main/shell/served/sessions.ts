import { createHash, randomBytes } from 'node:crypto';

/**
 * Who may speak to the served desk. A token opens one window once; the session key that it is traded for lasts as long as the program.
 * Only hashes are kept and compared, so that how long a comparison takes tells nothing about a key.
 */
export type Sessions = {
  /** A fresh one-time token: 256 random bits. */
  issueToken(): string;
  /** The session key for a token that was issued and not used yet. */
  redeem(token: string): string | undefined;
  isOpen(session: string): boolean;
};

export function createSessions(): Sessions {
  const tokens = new Set<string>();
  const sessions = new Set<string>();
  return {
    issueToken: () => {
      const token = randomKey();
      tokens.add(digest(token));
      return token;
    },
    redeem: (token) => {
      if (!tokens.delete(digest(token))) return undefined;
      const session = randomKey();
      sessions.add(digest(session));
      return session;
    },
    isOpen: (session) => sessions.has(digest(session)),
  };
}

const randomKey = (): string => randomBytes(32).toString('base64url');
const digest = (key: string): string => createHash('sha256').update(key).digest('hex');
