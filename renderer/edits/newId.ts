/** A name that no other row has. */
export const newId = (): string => crypto.randomUUID();
