/**
 * What became of a claim:
 * - `new`: nobody claimed this id, or the claim has ended
 * - `same`: the same request claimed it before; it may still be at work
 * - `other`: another request did
 */
export type Claim = 'new' | 'same' | 'other';

/**
 * Knows a request that was sent twice by the key that its sender gave it, and refuses the key for another request. It keeps no
 * answer: the use cases are repeatable themselves.
 *
 * Failure contract: a claim may be repeated unchanged; one that stands after `store-unavailable` is then `same`. A claim is
 * kept at least as long as what the request went on to write.
 */
export interface IdempotencyKeys {
  /**
   * Claims an id for a request. Of several who claim it at once, one gets `new`; the claim never changes until it ends.
   * @param id names the caller, the route and the sender's key together; at most 512 characters
   * @param fingerprint of the request; its secrets are left out of it
   * @param until when the claim ends and is forgotten
   * @throws StoreError `store-unavailable`
   */
  claim(organization: string, id: string, fingerprint: string, until: Date): Promise<Claim>;
}
