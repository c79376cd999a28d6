import { canonicalJson } from '#crypto/identifiers.ts';
import { asEscrowError, EscrowError } from '#domain/errors.ts';
import type { Aggregate, Registry } from '#ports/registry.ts';

/**
 * Does what may be done though it fails, as a call whose answer is lost: its error says so, and no record says then that it was not done.
 * @throws what the work throws, with `mayStand` where it is not known whether it was done
 */
export async function whatStands<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw isUncertain(thrown) ? marked(thrown, true) : thrown;
  }
}

/** What was thrown, once it is known that nothing of it stands: nobody doubts it any more. */
export function standsNot(thrown: unknown): unknown {
  return thrown instanceof EscrowError && isAboutAnswer(thrown) ? marked(thrown, false) : thrown;
}

/**
 * One write of a record. Where its answer is lost, the record is looked at: if it is the one that was written, it stands.
 * @param write creates or replaces it
 * @throws what the write throws, with `mayStand` where that could not be told
 */
export async function writeOrLook(
  registry: Pick<Registry, 'read'>,
  record: Aggregate,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    if (!isUncertain(thrown)) throw thrown;
    const { type, organization, id } = record;
    const current = await registry.read(type, organization, id).catch(() => undefined);
    if (current === undefined || canonicalJson(current) !== canonicalJson(record)) throw marked(thrown, true);
  }
}

function isUncertain(thrown: unknown): boolean {
  const error = asEscrowError(thrown);
  return isAboutAnswer(error) && error.details.mayStand !== false;
}

/** A store that did not answer, or what nobody expects. */
function isAboutAnswer({ code }: EscrowError): boolean {
  return code === 'store-unavailable' || code === 'internal';
}

function marked(thrown: unknown, mayItStand: boolean): EscrowError {
  const { code, details } = asEscrowError(thrown);
  return new EscrowError(code, { ...details, cause: details.cause ?? thrown, mayStand: mayItStand });
}
