import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Cryptoki } from '#adapters/pkcs11/cryptoki.ts';
import { destroyObjects, findObjects, sign, unwrapKey, wrapKey } from '#adapters/pkcs11/operations.ts';
import { fails, fakeCryptoki, handle } from './fake-cryptoki.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const session = handle(1);
const token = (given: Partial<Cryptoki>) => ({ cryptoki: fakeCryptoki(given), session });

/** A thread of the binding: it notes the buffers it was given without holding them, and ends when it is told to. */
function thread<T>() {
  const seen: WeakRef<Buffer>[] = [];
  const { promise, resolve } = Promise.withResolvers<T>();
  return {
    start: (...buffers: Buffer[]) => {
      seen.push(...buffers.map((buffer) => new WeakRef(buffer)));
      return promise;
    },
    end: resolve,
    async held() {
      // A WeakRef holds its target until the end of the turn in which it was made.
      for (let round = 0; round < 3; round += 1) {
        await new Promise(setImmediate);
        collectGarbage();
      }
      return seen.map((reference) => reference.deref() !== undefined);
    },
  };
}

describe('an operation under way', () => {
  it('holds what is signed and where the signature goes', async () => {
    const { start, end, held } = thread<Buffer>();
    const signing = sign(
      token({ C_SignInit: () => {}, C_SignAsync: (_session, data, signature) => start(data, signature) }),
      { mechanism: 1 },
      handle(2),
      Buffer.from('message'),
    );
    expect(await held()).toEqual([true, true]);
    end(Buffer.from('signature'));
    expect(Buffer.from(await signing).toString()).toBe('signature');
    expect(await held()).toEqual([false, false]);
  });

  it('holds where a wrapped key goes, and what is unwrapped', async () => {
    const wrapping = thread<Buffer>();
    const unwrapping = thread<Buffer>();
    const library = token({
      C_WrapKeyAsync: (_session, _mechanism, _wrapping, _key, output) => wrapping.start(output),
      C_UnwrapKeyAsync: (_session, _mechanism, _unwrapping, input) => unwrapping.start(input),
    });
    const results = [
      wrapKey(library, { mechanism: 1 }, handle(2), handle(3)),
      unwrapKey(library, { mechanism: 1 }, handle(2), Buffer.of(9), []),
    ];
    expect([await wrapping.held(), await unwrapping.held()]).toEqual([[true], [true]]);
    wrapping.end(Buffer.of(7));
    unwrapping.end(handle(4));
    const [wrapped, key] = await Promise.all(results);
    expect([wrapped, key]).toEqual([Uint8Array.of(7), handle(4)]);
  });

  it('gives a result that a later operation does not change', async () => {
    const output = Buffer.from('first');
    const library = token({ C_SignInit: () => {}, C_SignAsync: async () => output });
    const signature = await sign(library, { mechanism: 1 }, handle(2), Buffer.of(1));
    output.fill(0);
    expect(Buffer.from(signature).toString()).toBe('first');
  });
});

describe('findObjects', () => {
  it('gathers every page, and ends the search', async () => {
    const pages = [[handle(1), handle(2)], [handle(3)], []];
    let ended = 0;
    const library = token({
      C_FindObjectsInit: () => {},
      C_FindObjects: () => pages.shift() ?? [],
      C_FindObjectsFinal: () => {
        ended += 1;
      },
    });
    expect(findObjects(library, [])).toEqual([handle(1), handle(2), handle(3)]);
    expect(ended).toBe(1);
  });

  it('ends the search when it fails', () => {
    let ended = 0;
    const library = token({
      C_FindObjectsInit: () => {},
      C_FindObjects: fails('CKR_DEVICE_ERROR'),
      C_FindObjectsFinal: () => {
        ended += 1;
      },
    });
    expect(() => findObjects(library, [])).toThrow('CKR_DEVICE_ERROR');
    expect(ended).toBe(1);
  });
});

describe('destroyObjects', () => {
  it('passes over what is gone already, and over nothing else', () => {
    const gone = token({ C_DestroyObject: fails('CKR_OBJECT_HANDLE_INVALID') });
    expect(() => destroyObjects(gone, [handle(1), handle(2)])).not.toThrow();
    const failing = token({ C_DestroyObject: fails('CKR_DEVICE_ERROR') });
    expect(() => destroyObjects(failing, [handle(1)])).toThrow('CKR_DEVICE_ERROR');
  });
});
