import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { verifySignature } from '#crypto/public-key.ts';
import { encryptionContext, identityContext, type KeyProviderSubject } from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

const operations = 10_000;
const callers = 64;
/** What the garbage collector may leave lying; a leak of 1 KiB an operation would be three times as much. */
const tolerated = 3 * 2 ** 20;

/** What every provider must stand. */
export function enduranceContract(subject: KeyProviderSubject): void {
  it(`serve ${operations} operations of ${callers} callers without growing`, {
    timeout: 240_000,
  }, async () => {
    const publicKey = await subject.resident().generate('used', 'ECC_NIST_P256', identityContext);
    const { wrapped } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
    const mac = Buffer.from(await subject.provider.mac(Buffer.from('same')));
    const operation = async (number: number): Promise<boolean> => {
      const message = Buffer.from(`operation ${number}`);
      switch (number % 10) {
        case 0:
          return (await outcomeOf(subject.exportable().unwrap(wrapped, encryptionContext))) === 'done';
        case 1:
          return (
            (await outcomeOf(subject.exportable().unwrap(wrapped, identityContext))) === 'wrapped-key-invalid'
          );
        case 2:
        case 3:
        case 4: {
          const signature = await subject.resident().sign('used', 'ECDSA_SHA256', message);
          return verifySignature(publicKey, 'ECDSA_SHA256', message, signature);
        }
        default:
          return mac.equals(await subject.provider.mac(Buffer.from('same')));
      }
    };
    const done = async (from: number, to: number): Promise<boolean[]> => {
      let next = from;
      const results: boolean[] = [];
      const caller = async () => {
        while (next < to) results.push(await operation(next++));
      };
      await Promise.all(Array.from({ length: callers }, caller));
      return results;
    };
    // What is loaded and compiled on first use is no growth.
    const warm = await done(0, operations / 4);
    const before = await heapInUse();
    const rest = await done(operations / 4, operations);
    const grown = (await heapInUse()) - before;
    expect([...warm, ...rest].filter((good) => good)).toHaveLength(operations);
    expect(grown).toBeLessThan(tolerated);
  });
}

async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  collect();
  // What sockets read into is let go of a moment after the collection that found it unused.
  await setTimeout(200);
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
