import { type Enrollment, requireState } from '#domain/enrollment.ts';
import type { KeyPairMaker, PasswordedEnrollment } from '#ports/key-pair-maker.ts';
import type { Dependencies } from './dependencies.ts';
import { loadEnrollment } from './load.ts';
import { type KeyPairNeeds, makeKeyPair } from './make-key-pair.ts';
import { confirmPasswordSet, wasSetBy } from './password-setting.ts';

/** A maker on the spot, for a service that may do everything itself. */
export function makingHere(dependencies: KeyPairNeeds & Pick<Dependencies, 'clock'>): KeyPairMaker {
  return {
    async make(request) {
      const { organization, id } = request.enrollment;
      const enrollment = await loadEnrollment(dependencies, organization, id);
      return await makeUnderPassword(dependencies, enrollment, request);
    },
  };
}

/**
 * Does what `KeyPairMaker.make` promises.
 * @param enrollment as it stands
 * @param check looks at a password that is set for the first time, and throws if it will not do
 */
export async function makeUnderPassword(
  dependencies: KeyPairNeeds,
  enrollment: Enrollment,
  { password, setBy, authTime, recordNow, refuseNow }: Omit<PasswordedEnrollment, 'enrollment' | 'requestId'>,
  check: () => Promise<void> = async () => {},
): Promise<Enrollment> {
  if (wasSetBy(enrollment, setBy)) {
    const signedIn = authTime === undefined ? {} : { authTime };
    return await confirmPasswordSet({ ...dependencies, refuseNow }, signedIn, enrollment, password);
  }
  requireState(enrollment, ['awaiting-subscriber'], 'set its first password');
  await check();
  return await makeKeyPair(dependencies, enrollment, password, setBy, recordNow);
}
