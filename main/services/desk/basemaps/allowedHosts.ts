import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../../atomicFile.ts';

const allowedFile = z.object({
  hosts: z.array(z.object({ host: z.string(), privateNetwork: z.boolean() })),
});

/** What the user permitted of a host. */
export type AllowedHost = z.infer<typeof allowedFile>['hosts'][number];

/** Hosts that tiles may be fetched from, in a small file of the data folder. A file that is missing or damaged allows nothing. */
export class AllowedHosts {
  readonly #path: string;
  #hosts: Promise<Map<string, AllowedHost>> | undefined;

  constructor(dataFolder: string) {
    this.#path = join(dataFolder, 'basemap-hosts.json');
  }

  async find(host: string): Promise<AllowedHost | undefined> {
    return (await this.#read()).get(host);
  }

  async add(allowed: AllowedHost): Promise<void> {
    const hosts = await this.#read();
    hosts.set(allowed.host, allowed);
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFileAtomic(this.#path, JSON.stringify({ hosts: [...hosts.values()] }, undefined, 2));
  }

  #read(): Promise<Map<string, AllowedHost>> {
    this.#hosts ??= readFile(this.#path, 'utf8').then(parse, () => new Map());
    return this.#hosts;
  }
}

function parse(text: string): Map<string, AllowedHost> {
  try {
    const { hosts } = allowedFile.parse(JSON.parse(text));
    return new Map(hosts.map((entry) => [entry.host, entry]));
  } catch {
    return new Map();
  }
}
