import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DocumentKind,
  type DocumentName,
  type DocumentStore,
  documentKinds,
} from '#ports/document-store.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

export interface DocumentParts {
  documents: DocumentStore;
}

/** What every DocumentStore must do. */
export function documentStoreContract(name: string, make: () => Making<DocumentParts>): void {
  describe(`${name} as DocumentStore`, () => {
    let subject: Subject<DocumentParts>;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.close());

    const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
    const named = (kind: DocumentKind, id = 'd-1', organization = 'acme'): DocumentName => ({
      kind,
      organization,
      id,
    });
    const bytesAt = async (place: DocumentName) => new Uint8Array(await subject.documents.get(place));

    describe.each(documentKinds)('%s', (kind) => {
      it('gives back the bytes that were written, also after it was opened again', async () => {
        const large = new Uint8Array(100_000).fill(7);
        await subject.documents.put(named(kind), everyByte);
        await subject.documents.put(named(kind, 'empty'), new Uint8Array());
        await subject.documents.put(named(kind, 'large'), large);
        subject = await subject.reopen();
        expect(await bytesAt(named(kind))).toEqual(everyByte);
        expect(await bytesAt(named(kind, 'empty'))).toEqual(new Uint8Array());
        expect(await bytesAt(named(kind, 'large'))).toEqual(large);
      });

      it('takes the same bytes again, and refuses others', async () => {
        await subject.documents.put(named(kind), everyByte);
        await subject.documents.put(named(kind), everyByte.slice());
        for (const other of [everyByte.slice(1), everyByte.toReversed(), new Uint8Array()]) {
          expect(await outcomeOf(subject.documents.put(named(kind), other))).toBe('already-exists');
        }
        expect(await bytesAt(named(kind))).toEqual(everyByte);
      });

      it('lets one of many writers win, and keeps what the winner wrote', async () => {
        const writers = Array.from({ length: 6 }, (_, index) =>
          outcomeOf(subject.documents.put(named(kind), Uint8Array.of(index))),
        );
        const outcomes = await Promise.all(writers);
        expect(outcomes.filter((outcome) => outcome === 'already-exists')).toHaveLength(5);
        expect(await bytesAt(named(kind))).toEqual(Uint8Array.of(outcomes.indexOf('done')));
      });

      it('says that nothing is there', async () => {
        expect(await outcomeOf(subject.documents.get(named(kind)))).toBe('object-missing');
      });

      it('discards a record, or none, and its name may be used again', async () => {
        await subject.documents.discard(named(kind));
        await subject.documents.put(named(kind), everyByte);
        await subject.documents.put(named(kind, 'd-2'), everyByte);
        await subject.documents.discard(named(kind));
        subject = await subject.reopen();
        expect(await outcomeOf(subject.documents.get(named(kind)))).toBe('object-missing');
        expect(await bytesAt(named(kind, 'd-2'))).toEqual(everyByte);
        await subject.documents.put(named(kind), Uint8Array.of(1));
        expect(await bytesAt(named(kind))).toEqual(Uint8Array.of(1));
      });

      it('knows a record only under its own kind and organization', async () => {
        await subject.documents.put(named(kind), everyByte);
        for (const other of documentKinds.filter((each) => each !== kind)) {
          expect(await outcomeOf(subject.documents.get(named(other)))).toBe('object-missing');
        }
        const elsewhere = named(kind, 'd-1', 'other');
        expect(await outcomeOf(subject.documents.get(elsewhere))).toBe('object-missing');
        await subject.documents.put(elsewhere, Uint8Array.of(1));
        await subject.documents.discard(elsewhere);
        expect(await bytesAt(named(kind))).toEqual(everyByte);
      });
    });

    it('keeps copies: what a caller changes is not stored', async () => {
      const bytes = everyByte.slice();
      await subject.documents.put(named('csr'), bytes);
      bytes.fill(0);
      (await subject.documents.get(named('csr'))).fill(0);
      expect(await bytesAt(named('csr'))).toEqual(everyByte);
    });
  });
}
