import type { KeyPairMaker } from '#ports/key-pair-maker.ts';
import { loadEnrollment } from './load.ts';
import { type KeyPairNeeds, makeKeyPair } from './make-key-pair.ts';

/** A maker on the spot, for a service that may do everything itself. */
export function makingHere(dependencies: KeyPairNeeds): KeyPairMaker {
  return {
    async make({ enrollment: { organization, id }, password, setBy }) {
      const enrollment = await loadEnrollment(dependencies, organization, id);
      return await makeKeyPair(dependencies, enrollment, password, setBy);
    },
  };
}
