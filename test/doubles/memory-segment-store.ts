import { StateError } from '#domain/errors.ts';
import type { SegmentStore } from '#ports/segment-store.ts';

/** Segments in memory; what it takes and gives are copies. */
export class MemorySegmentStore implements SegmentStore {
  readonly #segments = new Map<string, Map<number, Uint8Array>>();

  async put(organization: string, segment: number, bytes: Uint8Array): Promise<void> {
    const its = this.#segments.get(organization) ?? new Map<number, Uint8Array>();
    const there = its.get(segment);
    if (there !== undefined && Buffer.compare(there, bytes) !== 0) throw new StateError('already-exists');
    this.#segments.set(organization, its.set(segment, bytes.slice()));
  }

  async get(organization: string, segment: number): Promise<Uint8Array | undefined> {
    return this.#segments.get(organization)?.get(segment)?.slice();
  }

  async list(organization: string, after: number, limit: number): Promise<number[]> {
    const numbers = [...(this.#segments.get(organization)?.keys() ?? [])].sort((a, b) => a - b);
    return numbers.filter((each) => each > after).slice(0, limit);
  }
}
