import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  model: string;
  id: string;
  payload: AdapterPayload;
  /** Milliseconds since 1970. */
  until: number;
}

/** Bounds the memory that requests of strangers can take: anybody may begin a sign-in. The oldest go first. */
const mostEntries = 10_000;
/** What has run out is kept a little longer, so that the library can say so. */
const grace = 60_000;

/**
 * The library's own state (sign-ins under way, codes, sessions), in memory and bounded: after a restart people sign in
 * again. OAuth clients are looked up among the accounts.
 */
export class MemoryState {
  readonly #entries = new Map<string, Entry>();
  readonly #findClient: (id: string) => AdapterPayload | undefined;

  constructor(findClient: (id: string) => AdapterPayload | undefined) {
    this.#findClient = findClient;
  }

  /** The library's view of one model, as its adapter interface has it. */
  readonly adapter = (model: string): Adapter => {
    const find = async (id: string) => this.#get(model, id);
    const findBy = async (member: 'uid' | 'userCode', value: string) => this.#findBy(model, member, value);
    return {
      find: model === 'Client' ? async (id) => this.#findClient(id) : find,
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (userCode) => findBy('userCode', userCode),
      upsert: async (id, payload, seconds = 0) => this.#set({ model, id, payload, until: untilOf(seconds) }),
      consume: async (id) => this.#consume(model, id),
      destroy: async (id) => {
        this.#entries.delete(keyOf(model, id));
      },
      revokeByGrantId: async (grantId) => this.#revoke(grantId),
    };
  };

  #get(model: string, id: string): AdapterPayload | undefined {
    const entry = this.#entries.get(keyOf(model, id));
    // A copy: the library changes what it is given.
    return entry === undefined || entry.until < Date.now() ? undefined : structuredClone(entry.payload);
  }

  #findBy(model: string, member: 'uid' | 'userCode', value: string): AdapterPayload | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.model === model && entry.payload[member] === value) return this.#get(model, entry.id);
    }
    return undefined;
  }

  #set(entry: Entry): void {
    const key = keyOf(entry.model, entry.id);
    this.#entries.delete(key);
    this.#entries.set(key, { ...entry, payload: structuredClone(entry.payload) });
    if (this.#entries.size > mostEntries) this.#makeRoom();
  }

  #makeRoom(): void {
    const now = Date.now();
    for (const [key, { until }] of this.#entries) if (until < now) this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > mostEntries && oldest !== undefined) this.#entries.delete(oldest);
  }

  #consume(model: string, id: string): void {
    const entry = this.#entries.get(keyOf(model, id));
    if (entry !== undefined) entry.payload.consumed = Math.floor(Date.now() / 1_000);
  }

  #revoke(grantId: string): void {
    for (const [key, { payload }] of this.#entries) {
      if (payload.grantId === grantId) this.#entries.delete(key);
    }
  }
}

function keyOf(model: string, id: string): string {
  return `${model} ${id}`;
}

function untilOf(seconds: number): number {
  return Date.now() + seconds * 1_000 + grace;
}
